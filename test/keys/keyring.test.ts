import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import {
  generateEncryptionKey,
  validateEncryptionKeys,
} from '../../src/config/encryption-key-list.ts'
import { MissingKeyError, parseKeyring } from '../../src/keys/keyring.ts'

const list = generateEncryptionKey('k1')
const keyring = parseKeyring(list)
const text = fc.string({ unit: 'grapheme' })

test('a sealed value opens in its own context and in no other', () => {
  fc.assert(
    fc.property(text, text, text, (plain, context, other) => {
      const sealed = keyring.seal(plain, context)
      assert.equal(keyring.open(sealed, context), plain)
      if (other !== context) assert.throws(() => keyring.open(sealed, other))
    }),
  )
})

test('sealing a text twice never gives the same result', () => {
  const sealed = Array.from({ length: 200 }, () => keyring.seal('the same', 'place'))
  assert.equal(new Set(sealed).size, 200)
})

test('a sealed text with any character changed, removed or added does not open', () => {
  const sealed = keyring.seal('a secret', 'a place')
  for (let i = 0; i < sealed.length; i++) {
    const changed = sealed[i] === 'A' ? 'B' : 'A'
    const [before, after] = [sealed.slice(0, i), sealed.slice(i + 1)]
    // The last base64 character may have unused bits.
    if (opens(`${before}${changed}${after}`)) assert.equal(i, sealed.length - 1)
    assert.ok(!opens(before), `the first ${i} characters`)
  }
  for (const other of ['', '.', '..', 'k1', 'k1.', 'k1..', `${sealed}.`, ` ${sealed}`]) {
    if (other !== `${sealed}.`) assert.ok(!opens(other), other)
  }

  function opens(altered: string): boolean {
    try {
      return keyring.open(altered, 'a place') !== undefined
    } catch {
      return false
    }
  }
})

test('a truncated authentication tag is rejected', () => {
  const [id, iv, rest = ''] = keyring.seal('', 'a place').split('.')
  for (let bytes = 0; bytes < 16; bytes++) {
    const tag = Buffer.from(rest, 'base64url').subarray(0, bytes).toString('base64url')
    assert.throws(() => keyring.open(`${id}.${iv}.${tag}`, 'a place'), `${bytes} bytes`)
  }
})

test('another key with the same id opens nothing and matches no hash', () => {
  const foreign = parseKeyring(generateEncryptionKey('k1'))
  assert.throws(() => foreign.open(keyring.seal('a secret', 'a place'), 'a place'))
  assert.ok(!foreign.hashWithAllKeys('123456', 'a code').includes(keyring.hash('123456', 'a code')))
})

test('after a rotation old values still open and match, and the new key seals and hashes', () => {
  const next = generateEncryptionKey('k2')
  const rotated = parseKeyring(`${next},${list}`)
  const [sealed, hashed] = [keyring.seal('a secret', 'a place'), keyring.hash('123456', 'a code')]
  assert.equal(rotated.open(sealed, 'a place'), 'a secret')
  assert.ok(rotated.hashWithAllKeys('123456', 'a code').includes(hashed))
  assert.notEqual(rotated.hash('123456', 'a code'), hashed)

  const newSealed = rotated.seal('a secret', 'a place')
  assert.equal(parseKeyring(next).open(newSealed, 'a place'), 'a secret')
  assert.throws(() => keyring.open(newSealed, 'a place'), MissingKeyError)
})

test('a keyed hash is specific to its value and its purpose, not to their concatenation', () => {
  fc.assert(
    fc.property(text, text, text, text, (value, purpose, otherValue, otherPurpose) => {
      fc.pre(![value, purpose, otherValue, otherPurpose].some((part) => part.includes('\0')))
      const same = value === otherValue && purpose === otherPurpose
      const equal = keyring.hash(value, purpose) === keyring.hash(otherValue, otherPurpose)
      assert.equal(equal, same)
    }),
  )
  assert.notEqual(keyring.hash('b', 'a'), keyring.hash('', 'ab'))
})

test('an invalid list of keys is rejected', () => {
  assert.equal(
    validateEncryptionKeys(`${generateEncryptionKey('a')}, ${generateEncryptionKey('b')}`),
    undefined,
  )
  const { length } = 'a:'
  const base64 = generateEncryptionKey('a').slice(length)
  for (const wrong of [
    '',
    'a',
    `:${base64}`,
    `a:${base64.slice(4)}`,
    `a:${base64.slice(0, -1)}`,
    `a:${base64}AAAA`,
    `a b:${base64}`,
    `${generateEncryptionKey('a')},`,
    `${generateEncryptionKey('a')},${generateEncryptionKey('a')}`,
  ]) {
    assert.equal(typeof validateEncryptionKeys(wrong), 'string', wrong)
    assert.throws(() => parseKeyring(wrong), /LATCHKEY_ENCRYPTION_KEYS must/)
  }
})

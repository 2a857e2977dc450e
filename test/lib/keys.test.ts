import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { KeyNotGiven, keysProblem, newKey, openKeys } from '../../src/lib/keys.ts'

const list = newKey('k1')
const keys = openKeys(list)
const text = fc.string({ unit: 'grapheme' })

test('what was sealed is opened in the same context, and only there', () => {
  fc.assert(
    fc.property(text, text, text, (plain, context, other) => {
      const sealed = keys.seal(plain, context)
      assert.equal(keys.open(sealed, context), plain)
      if (other !== context) assert.throws(() => keys.open(sealed, other))
    }),
  )
})

test('one text is never sealed to the same twice', () => {
  const sealed = Array.from({ length: 200 }, () => keys.seal('the same', 'place'))
  assert.equal(new Set(sealed).size, 200)
})

test('a sealed text with any one character changed, lost or added is not opened', () => {
  const sealed = keys.seal('a secret', 'a place')
  for (let i = 0; i < sealed.length; i++) {
    const changed = sealed[i] === 'A' ? 'B' : 'A'
    const [before, after] = [sealed.slice(0, i), sealed.slice(i + 1)]
    // The last character of base64 may hold bits that say nothing.
    if (opens(`${before}${changed}${after}`)) assert.equal(i, sealed.length - 1)
    assert.ok(!opens(before), `the first ${i} characters`)
  }
  for (const other of ['', '.', '..', 'k1', 'k1.', 'k1..', `${sealed}.`, ` ${sealed}`]) {
    if (other !== `${sealed}.`) assert.ok(!opens(other), other)
  }

  function opens(altered: string): boolean {
    try {
      return keys.open(altered, 'a place') !== undefined
    } catch {
      return false
    }
  }
})

test('a tag that was cut to fewer bytes is not taken', () => {
  const [id, iv, rest = ''] = keys.seal('', 'a place').split('.')
  for (let bytes = 0; bytes < 16; bytes++) {
    const tag = Buffer.from(rest, 'base64url').subarray(0, bytes).toString('base64url')
    assert.throws(() => keys.open(`${id}.${iv}.${tag}`, 'a place'), `${bytes} bytes`)
  }
})

test('another key with the same id opens nothing and recognises nothing', () => {
  const others = openKeys(newKey('k1'))
  assert.throws(() => others.open(keys.seal('a secret', 'a place'), 'a place'))
  assert.ok(!others.hashes('123456', 'a code').includes(keys.hash('123456', 'a code')))
})

test('after a rotation the old is still opened and recognised, and the new key does the rest', () => {
  const next = newKey('k2')
  const rotated = openKeys(`${next},${list}`)
  const [sealed, hashed] = [keys.seal('a secret', 'a place'), keys.hash('123456', 'a code')]
  assert.equal(rotated.open(sealed, 'a place'), 'a secret')
  assert.ok(rotated.hashes('123456', 'a code').includes(hashed))
  assert.notEqual(rotated.hash('123456', 'a code'), hashed)

  const newSealed = rotated.seal('a secret', 'a place')
  assert.equal(openKeys(next).open(newSealed, 'a place'), 'a secret')
  assert.throws(() => keys.open(newSealed, 'a place'), KeyNotGiven)
})

test('a fingerprint belongs to one value and one purpose, and is not guessed from their join', () => {
  fc.assert(
    fc.property(text, text, text, text, (value, purpose, otherValue, otherPurpose) => {
      fc.pre(![value, purpose, otherValue, otherPurpose].some((part) => part.includes('\0')))
      const same = value === otherValue && purpose === otherPurpose
      const equal = keys.hash(value, purpose) === keys.hash(otherValue, otherPurpose)
      assert.equal(equal, same)
    }),
  )
  assert.notEqual(keys.hash('b', 'a'), keys.hash('', 'ab'))
})

test('what is no list of keys is said to be none', () => {
  assert.equal(keysProblem(`${newKey('a')}, ${newKey('b')}`), undefined)
  const { length } = 'a:'
  const base64 = newKey('a').slice(length)
  for (const wrong of [
    '',
    'a',
    `:${base64}`,
    `a:${base64.slice(4)}`,
    `a:${base64.slice(0, -1)}`,
    `a:${base64}AAAA`,
    `a b:${base64}`,
    `${newKey('a')},`,
    `${newKey('a')},${newKey('a')}`,
  ]) {
    assert.equal(typeof keysProblem(wrong), 'string', wrong)
    assert.throws(() => openKeys(wrong), /Encryption keys/)
  }
})

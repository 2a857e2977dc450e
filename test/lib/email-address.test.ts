import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { parseEmailAddress } from '../../src/lib/email-address.ts'

/** Realistic addresses, some with strange characters inserted. */
const written = fc.oneof(
  fc.emailAddress({ size: 'medium' }),
  fc.string({ unit: 'binary' }),
  fc
    .tuple(fc.emailAddress(), fc.nat(), fc.string({ unit: 'binary', minLength: 1, maxLength: 3 }))
    .map(([address, at, odd]) => {
      const i = at % (address.length + 1)
      return address.slice(0, i) + odd + address.slice(i)
    }),
)

/** The text with ASCII letters in lower case. */
const foldCase = (text: string) => text.replace(/[A-Z]/g, (letter) => letter.toLowerCase())

test('a parsed address is the one that was typed and no other', () => {
  fc.assert(
    fc.property(written, (text) => {
      const parsed = parseEmailAddress(text)
      if (!parsed) return
      const bare = text.replace(/^ +| +$/g, '')
      const at = bare.lastIndexOf('@')
      assert.equal(parsed.address.slice(0, at + 1), bare.slice(0, at + 1))
      // ASCII stays what it is; anything else becomes an xn-- label of its own.
      const labels = bare.slice(at + 1).split('.')
      for (const [i, label] of parsed.address
        .slice(at + 1)
        .split('.')
        .entries()) {
        const was = labels[i] ?? ''
        // biome-ignore lint/suspicious/noControlCharactersInRegex: the range is all of ASCII
        if (/^[\x00-\x7f]*$/.test(was)) assert.equal(label, foldCase(was))
        else assert.match(label, /^xn--[a-z0-9-]+$/)
      }
    }),
    { numRuns: 2000 },
  )
})

test('a parsed address is a single line of printable ASCII with one domain, safe in a mail header', () => {
  fc.assert(
    fc.property(written, (text) => {
      const parsed = parseEmailAddress(text)
      if (!parsed) return
      assert.match(parsed.address, /^[!-~]+@[a-z0-9-]+(\.[a-z0-9-]+)+$/)
      assert.doesNotMatch(parsed.address, /[\s"(),:;<>[\\\]]|@.*@/)
      assert.ok(parsed.address.length <= 254)
    }),
    { numRuns: 2000 },
  )
})

test('parsing a parsed address changes nothing, also in capitals', () => {
  fc.assert(
    fc.property(fc.emailAddress(), (text) => {
      const parsed = parseEmailAddress(text)
      if (!parsed) return
      assert.deepEqual(parseEmailAddress(parsed.address), parsed)
      assert.equal(parseEmailAddress(parsed.address.toUpperCase())?.key, parsed.key)
      assert.equal(parseEmailAddress(parsed.key)?.key, parsed.key)
    }),
  )
})

// Abuse case (Sign-up): A look-alike address was normalized to another person’s
// (GHSA-7rqj-j65f-68wh, GHSA-mwm4-5qwr-g9pf).
test('no other character is equated with the ASCII letter it replaces', () => {
  const own = parseEmailAddress('ada@kiosk.example')
  // Above this range are only ideographs and invisible marks.
  for (let point = 0x80; point <= 0x1ffff; point++) {
    const character = String.fromCodePoint(point)
    for (const text of [`ada@${character}iosk.example`, `ada@kios${character}.example`]) {
      assert.notEqual(parseEmailAddress(text)?.key, own?.key, point.toString(16))
    }
    assert.equal(parseEmailAddress(`${character}da@kiosk.example`), undefined, point.toString(16))
  }
})

test('ordinary addresses are accepted', () => {
  for (const text of [
    'ada@example.com',
    'ada.lovelace+news@mail.example.co.uk',
    "o'neill@example.com",
    'a@b.cd',
    '1234567890@example.com',
    '_______@example.com',
    'ada@bücher.example',
    'ada@xn--bcher-kva.example',
    'ada@例え.テスト',
    'ada@straße.de',
    `${'e'.repeat(64)}@example.com`,
  ]) {
    assert.ok(parseEmailAddress(text), text)
  }
})

test('an address of 254 characters is accepted, and one of 255 is rejected', () => {
  const domain = `${'d'.repeat(63)}.${'d'.repeat(63)}.${'d'.repeat(61)}`
  assert.ok(parseEmailAddress(`${'e'.repeat(64)}@${domain.slice(0, 189)}`))
  assert.equal(parseEmailAddress(`${'e'.repeat(64)}@${domain}d`), undefined)
})

import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { parsePhoneNumber } from '../../src/lib/phone-number.ts'

test('a number is normalized, however its owner spaced it', () => {
  for (const written of [
    '+14155550123',
    '+1 415 555 0123',
    '+1 (415) 555-0123',
    '+1.415.555.0123',
    '+1-415-555-0123',
  ]) {
    assert.deepEqual(parsePhoneNumber(written), { kind: 'usable', number: '+14155550123' })
  }
})

test('anything but a single international phone number is impossible', () => {
  for (const written of [
    '',
    '+',
    '4155550123',
    '0014155550123',
    '+1415',
    '+999123456789',
    '+1415555012345678901234567',
    '+14155550123,+14155550124',
    '+14155550123;ext=5',
    '+14155550123 x5',
    'tel:+14155550123',
    ' +14155550123',
    '+14155550123\n',
    '+1415555\r\n0123',
    '＋14155550123',
    '+１４１５５５５０１２３',
    '+1415555O123',
    '+1800FLOWERS',
  ]) {
    assert.equal(parsePhoneNumber(written).kind, 'impossible', JSON.stringify(written))
  }
})

test('numbers that charge the sender are costly', () => {
  // Premium in the US and Germany, shared cost in the UK, personal in the UK.
  for (const written of ['+19005550123', '+499001234567', '+448451234567', '+447012345678']) {
    assert.equal(parsePhoneNumber(written).kind, 'costly', written)
  }
})

test('numbers that cannot receive texts are not usable', () => {
  for (const [what, written] of [
    ['toll-free in the US', '+18005550199'],
    ['toll-free everywhere', '+80012345678'],
    ['for a company in the UK', '+443001234567'],
    ['a pager in the UK', '+447640123456'],
    ['a mailbox in Germany', '+491511301234567'],
    ['a ship', '+870773111632'],
    ['a satellite phone', '+881612345678'],
    ['a network of no country', '+8821612345678'],
    ['another', '+883510012345678'],
    ['personal, of no country', '+878101234567890'],
    ['unassigned in Germany', '+491011234567'],
    ['unassigned in the US', '+12115550123'],
  ] as const) {
    assert.notEqual(parsePhoneNumber(written).kind, 'usable', what)
  }
  assert.equal(parsePhoneNumber('+18005550199').kind, 'unreachable')
})

test('mobile numbers of many countries are usable', () => {
  for (const written of [
    '+14155550123',
    '+4915123456789',
    '+447400123456',
    '+33612345678',
    '+819012345678',
    '+919876543210',
    '+5511961234567',
    '+2348021234567',
    '+3546111234',
    '+38349123456',
    '+8613123456789',
    '+61412345678',
  ]) {
    assert.equal(parsePhoneNumber(written).kind, 'usable', written)
  }
})

test('a trunk zero, dialled only within a country, is removed', () => {
  assert.deepEqual(parsePhoneNumber('+44 (0) 20 7946 0958'), {
    kind: 'usable',
    number: '+442079460958',
  })
})

test('a usable number is E.164: a plus and up to fifteen digits, whatever was typed', () => {
  const digits = fc.string({ unit: fc.constantFrom(...'0123456789'), minLength: 6, maxLength: 15 })
  const spaced = fc.string({ unit: fc.constantFrom(...'0123456789 ()-.+;'), maxLength: 24 })
  fc.assert(
    fc.property(fc.oneof(digits, spaced, fc.string({ unit: 'binary' })), (rest) => {
      const parsed = parsePhoneNumber(`+${rest}`)
      if (parsed.kind === 'usable') assert.match(parsed.number, /^\+[1-9][0-9]{4,14}$/)
    }),
    { numRuns: 3000 },
  )
})

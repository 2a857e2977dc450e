import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { parseImportRecord } from '../../src/admin/import-record.ts'
import type { AttributeDefinition } from '../../src/config/profile-attributes.ts'
import { cheapHash } from '../support/import-file.ts'

const full = {
  email: 'Ada@example.com',
  passwordHash: cheapHash.passwordHash,
  phoneNumber: '+1 415 555 2671',
  mfaEmail: 'ada@elsewhere.example',
  totpSecret: 'gezd gnbv gy3t qojq gezd gnbv gy3t qojq',
  mfaMethod: 'sms',
  createdAt: '2024-05-01T14:00:00.5+02:00',
  language: 'de',
  name: 'Ada Lovelace',
  preferredUsername: 'ada',
  picture: 'https://pictures.example.com/ada.png',
  groups: ['staff', 'Admins', 'staff'],
  attributes: { floor: 3, department: null },
}

const declared: AttributeDefinition[] = [
  { name: 'department', type: 'string', editableBy: 'operator', label: {} },
  { name: 'floor', type: 'number', editableBy: 'owner', label: {} },
]

const parse = (line: object) => parseImportRecord(JSON.stringify(line), declared)

test('a complete record sets every field of a new account', () => {
  const account = parse(full)
  assert.ok(!('refused' in account))
  const { canonical: _, ...given } = account
  assert.deepEqual(given, {
    email: { address: 'Ada@example.com', key: 'ada@example.com' },
    passwordHash: cheapHash.passwordHash,
    phoneNumber: '+14155552671',
    mfaEmail: 'ada@elsewhere.example',
    totpSecret: 'GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ',
    mfaMethod: 'sms',
    createdAt: Date.parse('2024-05-01T12:00:00.500Z'),
    language: 'de',
    profile: {
      name: 'Ada Lovelace',
      preferredUsername: 'ada',
      picture: 'https://pictures.example.com/ada.png',
      attributes: { floor: 3 },
    },
    groups: ['Admins', 'staff'],
  })
})

test('an email address alone is enough, and null means absent', () => {
  for (const line of [
    { email: full.email },
    { email: full.email, totpSecret: null, language: null, phoneNumber: null },
  ]) {
    const account = parse(line)
    assert.ok(!('refused' in account))
    assert.deepEqual([account.passwordHash, account.mfaMethod], [undefined, null])
  }
})

test('a TOTP secret turns MFA on unless the record specifies otherwise', () => {
  const method = (more: object) => {
    const account = parse({ email: full.email, totpSecret: full.totpSecret, ...more })
    return 'refused' in account ? account.refused : account.mfaMethod
  }
  assert.equal(method({}), 'authenticator')
  assert.equal(method({ mfaMethod: null }), 'authenticator')
  assert.equal(method({ mfaMethod: 'email' }), 'email')
  assert.equal(method({ mfaMethod: 'off' }), null)
})

test('the fingerprint depends on the content of a line, not on its formatting', () => {
  const canonical = (text: string) => {
    const account = parseImportRecord(text, declared)
    return 'refused' in account ? account.refused : account.canonical
  }
  const plain = canonical('{"email":"a@example.com","language":"en"}')
  assert.equal(canonical(' { "language":"en", "email":"\\u0061@example.com" } '), plain)
  assert.notEqual(canonical('{"email":"a@example.com"}'), plain)
  const grouped = canonical('{"email":"a@example.com","language":"en","groups":["a","b"]}')
  assert.notEqual(grouped, plain)
  assert.equal(canonical('{"email":"a@example.com","groups":["b","a"],"language":"en"}'), grouped)
})

test('createdAt follows RFC 3339 to the millisecond, and an impossible time is rejected', () => {
  const createdAt = (written: string) => {
    const account = parse({ email: full.email, createdAt: written })
    return 'refused' in account ? account.refused : account.createdAt
  }
  for (const [written, at] of [
    ['2024-05-01T12:00:00Z', '2024-05-01T12:00:00.000Z'],
    ['2024-05-01 12:00:00z', '2024-05-01T12:00:00.000Z'],
    ['2024-05-01t14:00:00.123456789+02:00', '2024-05-01T12:00:00.123Z'],
    ['2024-02-29T23:59:59.9-00:30', '2024-03-01T00:29:59.900Z'],
    ['2016-12-31T23:59:60Z', '2016-12-31T23:59:59.000Z'],
  ] as const) {
    assert.equal(createdAt(written), Date.parse(at), written)
  }
  for (const written of [
    '2023-02-29T00:00:00Z',
    '2024-04-31T12:00:00+02:00',
    '2024-13-01T00:00:00Z',
    '2024-00-10T00:00:00Z',
    '2024-05-00T00:00:00Z',
    '2024-05-01T24:00:00Z',
    '2024-05-01T12:60:00Z',
    '2024-05-01T12:00:61Z',
  ]) {
    assert.match(String(createdAt(written)), /not an existing date/, written)
  }
  for (const written of ['2024-05-01T12:00:00', '2024-05-01T12:00Z', '2024-05-01T12:00:00+25:00']) {
    assert.match(String(createdAt(written)), /not a time/, written)
  }
})

const uri = (more: string) => `otpauth://totp/Acme:ada?secret=GEZDGNBVGY3TQOJQ${more}`

test('an invalid record is rejected with the reason', () => {
  const refusals: [line: object | string, reason: RegExp][] = [
    ['{"email":', /not JSON/],
    ['[]', /not a JSON object/],
    ['"ada@example.com"', /not a JSON object/],
    ['{"email":"a@example.com"} {"email":"b@example.com"}', /not JSON/],
    [{}, /email is missing/],
    [{ email: null }, /email is missing/],
    [{ email: 'ada' }, /email is not an email address/],
    [{ email: 'ada@example.com\nBcc: all@example.com' }, /email is not an email address/],
    [{ email: ['ada@example.com'] }, /email is not a string/],
    [{ ...full, createdAt: 1714564800 }, /createdAt is not a string/],
    [{ ...full, title: 'Dr' }, /unknown field “title”; known fields are email, passwordHash/],
    ['{"email":"a@example.com","__proto__":{}}', /unknown field “__proto__”/],
    [{ ...full, passwordHash: 'secret' }, /format of the hash is not supported/],
    [{ ...full, passwordHash: '' }, /format of the hash is not supported/],
    [{ ...full, phoneNumber: '0171 1234567' }, /not a phone number/],
    [{ ...full, phoneNumber: '+1 900 555 0123' }, /premium-rate/],
    [{ ...full, phoneNumber: '+1 800 555 0123' }, /can’t receive text messages/],
    [{ ...full, totpSecret: 'not base 32!' }, /not in base 32/],
    [{ ...full, totpSecret: 'GEZDGNBV' }, /5 bytes/],
    [{ ...full, totpSecret: 'GEZDGNBVGY3TQOJQG' }, /not in base 32/],
    [{ ...full, totpSecret: uri('&digits=8') }, /unsupported digits/],
    [{ ...full, totpSecret: uri('&period=60') }, /unsupported period/],
    [{ ...full, totpSecret: uri('&algorithm=SHA256') }, /unsupported algorithm/],
    [
      { ...full, totpSecret: 'otpauth://hotp/ada?secret=GEZDGNBVGY3TQOJQ&counter=0' },
      /not an otpauth:/,
    ],
    [{ ...full, mfaEmail: 'ada' }, /mfaEmail/],
    [{ ...full, mfaMethod: 'authenticator', totpSecret: null }, /totpSecret is missing/],
    [{ ...full, mfaMethod: 'sms', phoneNumber: null }, /phoneNumber is missing/],
    [{ ...full, mfaMethod: 'passkey' }, /can’t be imported/],
    [{ ...full, mfaMethod: 'none' }, /not one of authenticator/],
    [{ ...full, createdAt: '2024-05-01' }, /not a time/],
    [{ ...full, createdAt: '2024-02-30T00:00:00Z' }, /not an existing date/],
    [{ ...full, createdAt: '2999-01-01T00:00:00Z' }, /in the future/],
    [{ ...full, language: 'xx' }, /not one of en, de/],
    [{ ...full, name: ['Ada'] }, /name is not a string/],
    [{ ...full, name: 'Ada\nLovelace' }, /name must be a single line/],
    [{ ...full, preferredUsername: 'ada@example.com' }, /preferredUsername must have 2 to 32/],
    [{ ...full, picture: 'http://example.com/a.png' }, /picture must be an https URL/],
    [{ ...full, groups: 'staff' }, /groups is not a list of strings/],
    [{ ...full, groups: ['staff', 7] }, /groups is not a list of strings/],
    [{ ...full, groups: ['a,b'] }, /groups must be labels/],
    [{ ...full, attributes: [] }, /attributes is not a JSON object/],
    [{ ...full, attributes: { floor: 'third' } }, /attributes\/floor must be a number/],
    [{ ...full, attributes: { other: 1 } }, /attributes\/other is not an attribute/],
    [{ ...full, attributes: { 'Ada@x': 1 } }, /^attributes has an unknown name$/],
  ]
  for (const [line, reason] of refusals) {
    const text = typeof line === 'string' ? line : JSON.stringify(line)
    const account = parseImportRecord(text, declared)
    assert.ok('refused' in account, text)
    assert.match(account.refused, reason, text)
  }
  const good = parse({ ...full, totpSecret: uri('&digits=6&period=30&algorithm=SHA1&issuer=Acme') })
  assert.ok(!('refused' in good))
  assert.equal(good.totpSecret, 'GEZDGNBVGY3TQOJQ')
})

// Abuse case (Input and output): An error message repeated the rejected input, including secrets,
// where others could read it.
test('every line is accepted or rejected, and a rejection repeats nothing of it', () => {
  const text = JSON.stringify(full)
  const bent = fc
    .record({
      at: fc.nat({ max: text.length }),
      out: fc.nat({ max: 3 }),
      put: fc.oneof(
        fc.string({ unit: 'binary', maxLength: 3 }),
        fc.constantFrom('"', '}', '\\', ','),
      ),
    })
    .map(({ at, out, put }) => text.slice(0, at) + put + text.slice(at + out))
  const field = fc.constantFrom(...Object.keys(full), 'title', '__proto__')
  const value = fc.oneof(fc.jsonValue(), fc.constantFrom(...Object.values(full)))
  const lines = fc.oneof(
    fc.string({ unit: 'binary' }),
    fc.json(),
    bent,
    fc.dictionary(field, value).map((object) => JSON.stringify(object)),
  )
  fc.assert(
    fc.property(lines, (line) => {
      const account = parseImportRecord(line, declared)
      if (!('refused' in account)) return assert.ok(account.email.key)
      for (const part of [
        'Ada@',
        'Lovelace',
        'pictures',
        'Admins',
        'elsewhere',
        '20000$',
        'gezd',
        '415',
        '14:00',
      ]) {
        assert.ok(!account.refused.includes(part), account.refused)
      }
    }),
    { numRuns: 500 },
  )
  const misplaced = parseImportRecord(
    JSON.stringify({ [cheapHash.passwordHash]: 'a@example.com' }),
    [],
  )
  assert.match('refused' in misplaced ? misplaced.refused : '', /^unknown field; /)
})

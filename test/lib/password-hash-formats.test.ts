import assert from 'node:assert/strict'
import { before, test } from 'node:test'
import fc from 'fast-check'
import { readSettings } from '../../src/config/read-settings.ts'
import { max } from '../../src/lib/password-hash-formats/hash-format.ts'
import { parseHash } from '../../src/lib/password-hash-formats/parse-hash.ts'
import {
  createPasswordHasher,
  isUnusablePassword,
  owaspHashCost,
  type PasswordHasher,
  unusablePassword,
} from '../../src/lib/password-hasher.ts'
import { generateForeignHashes } from '../support/foreign-hashes.ts'

let passwords: PasswordHasher
before(async () => {
  passwords = await createPasswordHasher({ concurrency: 2 })
})

test('passwords are hashed at the cost that OWASP recommends', async () => {
  assert.deepEqual(readSettings({}).hashCost, owaspHashCost)
  assert.match(await passwords.hash('a password'), /^\$argon2id\$v=19\$m=19456,t=2,p=1\$/)
})

test('hashes from other libraries accept the right password and no other', async (t) => {
  const password = 'correct horse, Grüße'
  const hashes = await generateForeignHashes(t, password)
  if (!hashes) return
  for (const [name, hash] of Object.entries(hashes)) {
    assert.equal(await passwords.verify(hash, password), true, name)
    assert.equal(await passwords.verify(hash, 'correct horse, Grusse'), false, name)
    assert.equal(passwords.isCurrent(hash), false, name)
  }
})

/** Hashes published by the authors of the format or of a password cracker. */
const published: [source: string, password: string, hash: string][] = [
  [
    'Argon2’s reference implementation, test.c',
    'password',
    '$argon2id$v=19$m=65536,t=2,p=1$c29tZXNhbHQ$CTFhFdXPJO1aFaMaO6Mm5c8y7cJHAph8ArZWb2GRPPc',
  ],
  [
    'Argon2’s reference implementation, version 16, which the hash omits',
    'password',
    '$argon2i$m=65536,t=2,p=1$c29tZXNhbHQ$9sTbSlTio3Biev89thdrlKKiCaYsjjYVJxGAL3swxpQ',
  ],
  ['crypt_blowfish', 'U*U', '$2a$05$CCCCCCCCCCCCCCCCCCCCC.E5YPO9kmyuRGyh0XouQYb4YMJKvyOeW'],
  ['jBCrypt', 'abc', '$2a$06$If6bvum7DFjUnE9p2uDeDu0YHzrHM6tf.iqN8.yx.jNN1ILEf7h0i'],
  [
    'passlib’s manual',
    'password',
    '$scrypt$ln=16,r=8,p=1$aM15713r3Xsvxbi31lqr1Q$nFNh2CVHVjNldFVKDHDlm4CbdRSCdEBsjjJxD+iCs5E',
  ],
  [
    'passlib’s manual',
    'password',
    '$pbkdf2-sha256$6400$.6UI/S.nXIk8jcbdHx3Fhg$98jZicV16ODfEsEZeYPGHU3kbrUrvUEXOPimVSQDD44',
  ],
  [
    'hashcat’s example of mode 10000',
    'hashcat',
    'pbkdf2_sha256$20000$H0dPx8NeajVu$GiC4k5kqbbR9qWBlsRgDywNqC2vd9kqfk7zdorEnNas=',
  ],
]

test('published hashes accept their passwords', async () => {
  for (const [source, password, hash] of published) {
    assert.equal(await passwords.verify(hash, password), true, source)
    assert.equal(await passwords.verify(hash, `${password}x`), false, source)
  }
})

// Abuse case (Guessing): bcrypt used only the first 72 bytes of a password, so that any ending
// signed in (CVE-2025-22228).
test('a password that bcrypt would truncate is rejected', async (t) => {
  const longest = 'x'.repeat(72)
  const hashes = await generateForeignHashes(t, longest)
  const hash = hashes?.['bcrypt as $2b$'] ?? ''
  if (!hashes) return
  assert.equal(await passwords.verify(hash, longest), true)
  assert.equal(await passwords.verify(hash, `${longest}y`), false)
  assert.equal(await passwords.verify(hash, `${'x'.repeat(71)}é`), false)
  const ofShort = (await generateForeignHashes(t, 'x'))?.['bcrypt as $2b$'] ?? ''
  assert.equal(await passwords.verify(ofShort, 'x\0y'), false)
})

const salt = 'c29tZXNhbHQ'
const digest = 'A'.repeat(43)

// Abuse case (Input and output): One stored hash required so much work or memory that it blocked
// sign-ins for everyone.
test('a malformed, too expensive or unsafe hash is rejected with the reason', () => {
  const refusedHashes: [hash: string, reason: RegExp][] = [
    [`$argon2id$v=19$m=${max.memoryKiB + 1},t=1,p=1$${salt}$${digest}`, /too much/],
    [`$argon2id$v=19$m=${max.memoryKiB},t=5,p=1$${salt}$${digest}`, /too much/],
    [`$argon2id$v=19$m=1024,t=1,p=17$${salt}$${digest}`, /too much/],
    [`$argon2id$v=19$m=4294967296,t=1,p=1$${salt}$${digest}`, /too much/],
    [`$argon2id$v=19$m=8,t=1,p=2$${salt}$${digest}`, /invalid Argon2/],
    [`$argon2id$v=19$m=64,t=1,p=1$${salt}$AAAAAAAA`, /6 bytes/],
    [`$argon2id$v=19$m=64,t=1,p=1$c2FsdA$${digest}`, /salt/],
    [`$argon2id$v=18$m=64,t=1,p=1$${salt}$${digest}`, /malformed/],
    [`$argon2id$v=19$m=064,t=1,p=1$${salt}$${digest}`, /malformed/],
    [`$argon2id$v=19$m=64,t=1,p=1$${salt}$${digest}BC`, /malformed/],
    [`$argon2id$v=19$m=64,t=1,p=1$c29tZXNhbHR$${digest}`, /malformed/],
    [`$argon2id$v=19$m=64,t=1,p=1$${salt}$.${digest.slice(1)}`, /malformed/],
    [`$scrypt$ln=18,r=8,p=1$${salt}$${digest}`, /too much/],
    [`$scrypt$ln=10,r=8,p=999999999$${salt}$${digest}`, /too much/],
    [`$scrypt$ln=9999999999,r=8,p=1$${salt}$${digest}`, /invalid scrypt/],
    [`$scrypt$ln=0,r=8,p=1$${salt}$${digest}`, /invalid scrypt/],
    [`$pbkdf2-sha256$${max.iterations + 1}$${salt}$${digest}`, /too long/],
    [`$pbkdf2$${max.iterations}$${salt}$${digest}`, /too long/],
    [`$pbkdf2-sha256$0$${salt}$${digest}`, /malformed/],
    [`$pbkdf2-sha256$i=1000,l=31$${salt}$${digest}`, /malformed/],
    [`$pbkdf2-md5$1000$${salt}$${digest}`, /malformed/],
    [`$2b$15$${'a'.repeat(21)}u${'a'.repeat(31)}`, /too long/],
    [`$2x$10$${'a'.repeat(21)}u${'a'.repeat(31)}`, /\$2x\$/],
    [`$2b$10$${'a'.repeat(21)}u${'a'.repeat(30)}`, /malformed/],
    ['5f4dcc3b5aa765d61d8327deb882cf99', /not supported/],
    ['$1$salt$qJH7.N4xYta3aEG/dfqo/0', /not supported/],
    ['', /not supported/],
  ]
  for (const [hash, reason] of refusedHashes) {
    const parsed = parseHash(hash)
    assert.ok('refused' in parsed, hash)
    assert.match(parsed.refused, reason, hash)
  }
})

test('the most expensive accepted hash of each format can be verified', async () => {
  for (const hash of [
    `$argon2id$v=19$m=${max.memoryKiB},t=4,p=1$${salt}$${digest}`,
    `$scrypt$ln=17,r=8,p=1$${salt}$${digest}`,
    `$pbkdf2-sha256$${max.iterations}$${salt}$${digest}`,
  ]) {
    assert.ok('verify' in parseHash(hash), hash)
    assert.equal(await passwords.verify(hash, 'a password'), false)
  }
})

test('verifying any stored value accepts or rejects the password and never throws', async () => {
  const stems = [
    `$argon2id$v=19$m=64,t=1,p=1$${salt}$${digest}`,
    `$argon2d$m=64,t=1,p=2$${salt}$${digest}`,
    `$scrypt$ln=4,r=2,p=1$${salt}$${digest}`,
    `$pbkdf2-sha256$100$${salt}$${digest}`,
    `$pbkdf2-sha512$i=100,l=32$${salt}$${digest}`,
    `pbkdf2_sha256$100$saltsalt$${digest}=`,
    `$2b$04$${'a'.repeat(21)}u${'a'.repeat(31)}`,
  ]
  const bent = fc
    .record({
      stem: fc.constantFrom(...stems),
      at: fc.nat({ max: 70 }),
      out: fc.nat({ max: 2 }),
      put: fc.constantFrom('', 'A', '$', '=', '0', '4', '.', ',', '\n', '\0', '\ud800', 'é', '-'),
    })
    .map(({ stem, at, out, put }) => stem.slice(0, at) + put + stem.slice(at + out))
  const password = fc.string({ unit: 'binary', maxLength: 80 })
  await fc.assert(
    fc.asyncProperty(fc.oneof(bent, fc.string()), password, async (stored, typed) => {
      assert.equal(await passwords.verify(stored, typed), false)
    }),
    { numRuns: 400 },
  )
})

test('no password matches an unusable hash, and every unusable hash is different', async () => {
  const none = unusablePassword()
  assert.ok(isUnusablePassword(none) && passwords.isCurrent(none))
  assert.notEqual(none, unusablePassword())
  assert.equal(await passwords.verify(none, 'no password yet.'), false)
  assert.equal(await passwords.verify(none, ''), false)
  assert.equal(isUnusablePassword(await passwords.hash('a password')), false)
})

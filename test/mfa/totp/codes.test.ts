import assert from 'node:assert/strict'
import { createHmac } from 'node:crypto'
import { test } from 'node:test'
import fc from 'fast-check'
import { Secret } from 'otpauth'
import { matchTimeStep } from '../../../src/mfa/totp/totp.ts'
import { onDatabase, onEachDatabase } from '../../support/latchkey.ts'
import { submitMfaCode } from '../../support/mfa.ts'
import { requireTool } from '../../support/tool.ts'

const stepMs = 30_000

/** The code of a time step, computed as RFC 4226 §5.3 describes it, without a library. */
function codeOf(secret: string, step: number): string {
  const counter = Buffer.alloc(8)
  counter.writeBigUInt64BE(BigInt(step))
  const key = Buffer.from(Secret.fromBase32(secret).buffer)
  const digest = createHmac('sha1', key).update(counter).digest()
  const offset = (digest.at(-1) ?? 0) & 0xf
  return String((digest.readUInt32BE(offset) & 0x7fffffff) % 1_000_000).padStart(6, '0')
}

const secrets = fc
  .uint8Array({ minLength: 20, maxLength: 20 })
  .map((bytes) => new Secret({ buffer: bytes.slice().buffer }).base32)
const instants = fc.integer({ min: 10 * stepMs, max: Date.UTC(2100, 0) })

const otherDigits = ['٠١٢٣٤٥٦٧٨٩', '०१२३४५६७८९', '０１２３４５６７８９', '𝟎𝟏𝟐𝟑𝟒𝟓𝟔𝟕𝟖𝟗', '⁰¹²³⁴⁵⁶⁷⁸⁹']
const otherSpaces = ['\t', '\n', '\u00a0', '\u2003', '\u200b', '\ufeff']

/** Other notations of a right code, which a lax parser would accept. */
const notations: Record<string, (code: string) => string[]> = {
  'a digit less': (code) => [code.slice(1), code.slice(0, 5), String(Number(code)).slice(0, 5)],
  'every length': () =>
    Array.from({ length: 13 }, (_, n) => '1'.repeat(n)).filter((s) => s.length !== 6),
  'a digit more': (code) => [`0${code}`, `${code}0`, `${code}${code}`, `000000${code}`],
  'a sign': (code) => [`+${code}`, `-${code}`, `+${code.slice(1)}`, `-${code.slice(1)}`],
  'a fraction': (code) => [
    `${code}.`,
    `${code}.0`,
    `.${code.slice(1)}`,
    `${code.slice(0, 3)}.${code.slice(3)}`,
  ],
  'an exponent': (code) => [`${code}e0`, `${code}E0`, '1e5', '12e4', '1.2e5'],
  hexadecimal: (code) => {
    const hex = Number(code).toString(16)
    return [
      `0x${hex}`,
      hex.padStart(6, '0'),
      `${code}n`,
      `0b${Number(code).toString(2).slice(0, 12)}`,
    ]
  },
  'other digits': (code) =>
    otherDigits.flatMap((digits) => {
      const all = [...digits]
      const other = [...code].map((digit) => all[Number(digit)])
      return [other.join(''), `${other[0]}${code.slice(1)}`]
    }),
  'other spaces': (code) => otherSpaces.flatMap((space) => [`${space}${code}`, `${code}${space}`]),
  'additional text': (code) => [
    `${code};`,
    `${code},${code}`,
    `"${code}"`,
    `[${code}]`,
    `${code}%00`,
    `${code}' or '1'='1`,
  ],
  'property names and literals': () => [
    '__proto__',
    'constructor',
    'NaN',
    'Infinity',
    'null',
    'true',
  ],
}

test('a code matches by RFC 6238, one time step to either side, and no other does', () => {
  fc.assert(
    fc.property(secrets, instants, fc.integer({ min: -4, max: 4 }), (secret, at, away) => {
      const now = Math.floor(at / stepMs)
      const near = [now, now - 1, now + 1].filter(
        (step) => codeOf(secret, step) === codeOf(secret, now + away),
      )
      const step = matchTimeStep(secret, codeOf(secret, now + away), at)
      if (near.length === 0) assert.equal(step, undefined)
      else assert.ok(step !== undefined && near.includes(step))
      if (Math.abs(away) < 2) assert.ok(near.length > 0)
    }),
  )
})

test('spaces between and around the digits are ignored', () => {
  fc.assert(
    fc.property(secrets, instants, fc.array(fc.nat(6), { maxLength: 6 }), (secret, at, gaps) => {
      const digits = [...codeOf(secret, Math.floor(at / stepMs))]
      for (const gap of gaps) digits.splice(gap, 0, ' ')
      assert.notEqual(matchTimeStep(secret, digits.join(''), at), undefined)
    }),
  )
})

test('a text other than the three valid codes, spaces aside, matches no time step', () => {
  const texts = fc.oneof(
    fc.string({ unit: fc.constantFrom(...'0123456789 +-.eExX٠１n\t\n'), maxLength: 12 }),
    fc.string({ unit: 'grapheme', maxLength: 12 }),
    fc.string({ unit: 'binary', maxLength: 12 }),
  )
  fc.assert(
    fc.property(secrets, instants, texts, (secret, at, text) => {
      const now = Math.floor(at / stepMs)
      const codes = [-1, 0, 1].map((n) => codeOf(secret, now + n))
      const fits = codes.includes(text.replace(/ /g, ''))
      assert.equal(matchTimeStep(secret, text, at) !== undefined, fits)
    }),
    { numRuns: 1000 },
  )
})

test('a right code in another notation matches no time step', () => {
  fc.assert(
    fc.property(secrets, instants, (secret, at) => {
      const now = Math.floor(at / stepMs)
      const codes = [-1, 0, 1].map((n) => codeOf(secret, now + n))
      for (const [what, notationsOf] of Object.entries(notations)) {
        for (const text of notationsOf(codeOf(secret, now))) {
          if (!codes.includes(text)) assert.equal(matchTimeStep(secret, text, at), undefined, what)
        }
      }
    }),
  )
})

test('our codes equal those of oathtool, at a thousand times from 1970 to 2100', async (t) => {
  const oathtool = await requireTool(t, 'oathtool')
  if (!oathtool) return
  const [secret = ''] = fc.sample(secrets, 1)
  const inARow = 50
  for (const at of [10 * stepMs, 2 ** 31 * 1000 - 100_000, ...fc.sample(instants, 18)]) {
    const first = Math.floor(at / stepMs)
    const now = `@${first * 30}`
    const printed = await oathtool('--totp', '-b', secret, '--now', now, '-w', String(inARow - 1))
    const codes = printed.trim().split('\n')
    assert.equal(codes.length, inARow)
    for (const [i, code] of codes.entries()) {
      const step = matchTimeStep(secret, code, (first + i) * stepMs)
      assert.ok(step !== undefined && Math.abs(step - first - i) <= 1)
      assert.equal(codeOf(secret, first + i), code)
    }
  }
})

// The format is checked before the database, so one database is enough.
onDatabase(
  'SQLite',
  (latchkey) => {
    // Abuse case (Guessing): A code with missing digits or additional characters was accepted (npm
    // advisory 1087).
    test('a right code in another notation signs nobody in and turns nothing on', async () => {
      const ada = await latchkey.owner({ mfaMethod: 'authenticator' })
      const bob = await latchkey.owner()
      await bob.enrollAuthenticator()
      for (const [what, notationsOf] of Object.entries(notations)) {
        const bobs = notationsOf(bob.authenticator.nextCode())
        const adas = notationsOf(ada.authenticator.nextCode())
        for (const [i, code] of adas.entries()) {
          const signedIn = await submitMfaCode(latchkey, await ada.signIn(), { code })
          assert.ok([400, 401].includes(signedIn.status), `${what}: ${code} ${signedIn.status}`)
          const turnedOn = await bob.post('/settings/MfaSignIn', {
            mfaMethod: 'authenticator',
            code: bobs[i] ?? '',
          })
          assert.ok([400, 401].includes(turnedOn.status), `${what}: ${bobs[i]} ${turnedOn.status}`)
        }
        await bob.signInFully()
      }
      assert.equal((await bob.get('/settings/MfaSignIn')).body.enabled, false)
      await ada.signInFully()
    })
  },
  { LATCHKEY_RATE_LIMITS: 'off' },
)

onEachDatabase((latchkey) => {
  test('a code that is not a string gets a 400 and uses up no attempt', async () => {
    const ada = await latchkey.owner({ mfaMethod: 'authenticator' })
    const begun = await ada.signIn()
    const { mfaToken } = begun.body
    const number = Number(ada.authenticator.code())
    const codes = [
      number,
      -number,
      0,
      1e300,
      null,
      true,
      [],
      [String(number)],
      {},
      { code: {} },
      '',
    ]
    for (const code of codes) {
      const refused = await latchkey.post('/auth/SignIn/Mfa', { mfaToken, code })
      assert.equal(refused.status, 400, JSON.stringify(code))
    }
    const bodies = [{}, { mfaToken }, { code: '123456' }, [], 'null', '"x"', '']
    for (const body of bodies) {
      assert.equal((await latchkey.post('/auth/SignIn/Mfa', body)).status, 400)
    }
    const code = await ada.wrongCodeFor('authenticator')
    assert.equal((await submitMfaCode(latchkey, begun, { code })).body.attemptsLeft, 4)
  })

  test('a code typed with spaces signs in, and counts as the same code', async () => {
    const ada = await latchkey.owner({ mfaMethod: 'authenticator' })
    const digits = ada.authenticator.nextCode()
    const code = ` ${digits.slice(0, 3)} ${digits.slice(3)}  `
    assert.equal((await submitMfaCode(latchkey, await ada.signIn(), { code })).status, 200)
    const replayed = await submitMfaCode(latchkey, await ada.signIn(), { code: digits })
    assert.equal(replayed.body.code, 'invalid_code', 'spaces do not make it another code')
  })
})

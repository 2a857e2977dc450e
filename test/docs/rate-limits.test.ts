/** The numbers on the pages match the code. */
import assert from 'node:assert/strict'
import { globSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import { computeDailyOdds } from '../../src/cli/guessing-odds.ts'
import { readSettings } from '../../src/config/read-settings.ts'
import { rateLimits } from '../../src/rate-limits/limits.ts'
import { maxAttemptsPerChallenge } from '../../src/verification/challenge-row.ts'
import { codeAttemptBuckets } from '../../src/verification/send-code.ts'
import { readPage, root } from '../support/markdown.ts'

test('docs/rate-limits.md lists every limit of the table', () => {
  const page = readPage('docs/rate-limits.md')
  const listed = [...page.matchAll(/^\| `(\w+)` \|/gm)].map(([, name]) => name)
  assert.deepEqual(listed, Object.keys(rateLimits))
})

test('no code declares a rate limit outside the table', () => {
  const declaring = globSync('src/**/*.ts', { cwd: root }).filter((file) =>
    /: RateLimit\b[^{;]*=\s*\{|\bwindowMs: (day|hour|minute)\b/.test(
      readFileSync(join(root, file), 'utf8'),
    ),
  )
  assert.deepEqual(declaring, ['src/rate-limits/limits.ts'])
})

test('the odds in docs/security.md match the code', () => {
  const page = readPage('docs/security.md').replace(/\s+/g, ' ')
  const { secondFactor, passwords, signUpCode, resetCode } = computeDailyOdds(readSettings({}))
  const { authenticator, sms, email } = secondFactor
  assert.ok(authenticator && sms && email)
  assert.deepEqual(sms, email)

  const [hourly, daily] = codeAttemptBuckets('anybody').map(({ limit }) => limit.max)
  assert.ok(page.includes(`${maxAttemptsPerChallenge} wrong answers end a sign-in`))
  assert.ok(page.includes(`${hourly} wrong codes in an hour and ${daily} in a day`))
  const periods = [1, 30, 365]
  const [day, month, year] = periods.map((days) => count(authenticator.guesses * days))
  assert.ok(page.includes(`in a day, ${day} guesses | in 30 days, ${month} | in a year, ${year} |`))
  for (const { valid, chance } of [authenticator, sms]) {
    const odds = periods.map((days) => percent(1 - (1 - chance) ** days))
    assert.match(page, new RegExp(`\\| ${valid}, by [^|]+ \\| ${odds.join(' \\| ')} \\|`))
  }

  assert.ok(page.includes(`: ${count(passwords.fromElsewhere)} a day`), 'passwords a day')
  const known = `${passwords.fromKnownNetworks}, and from one that the owner shares, ${passwords.fromOneNetwork}.`
  assert.ok(page.includes(`From all networks that the owner signed in from, ${known}`))
  const { guesses, valid, chance } = signUpCode
  assert.ok(page.includes(`${guesses} × ${valid} in a million, ${percent(chance)} in a day`))
  const mailed = `${resetCode.guesses} × ${resetCode.valid} in a million`
  assert.ok(page.includes(`${mailed}, ${percent(resetCode.chance)} in a day`))
})

const count = (guesses: number) => guesses.toLocaleString('en')
const percent = (odds: number) => `${Number((odds * 100).toPrecision(2))} %`

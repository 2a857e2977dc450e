/** The numbers that pages tell are those of the code. */
import assert from 'node:assert/strict'
import { globSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import { answersPerChallenge } from '../../src/codes/challenge-row.ts'
import { readPage, root } from '../support/markdown.ts'

interface Limit {
  most: string
  within: string
}

test('the table of limits has every limit of the code, with its numbers', () => {
  const inCode = new Map<string, Limit>()
  for (const file of globSync('src/**/*.ts', { cwd: root })) {
    const source = readFileSync(join(root, file), 'utf8')
    for (const [, name = '', more = '', within = ''] of source.matchAll(
      /name: '([\w-]+)',\n\s*most(.*),\n\s*within: (\w+),/g,
    )) {
      const most = /^: ([\d_]+)$/.exec(more)?.[1]?.replaceAll('_', '')
      // What is not a number is a setting.
      inCode.set(name, { most: most ?? '`LATCHKEY_SMS_DAILY_CAP`', within })
    }
  }
  assert.ok(inCode.size >= 10, 'limits are no longer written as this test reads them')

  const rows = readPage('docs/integrate.md').matchAll(/^\| `([a-z-]+)` \| (\S+) \| (hour|day) \|/gm)
  const onPage = new Map<string, Limit>()
  for (const [, name = '', most = '', within = ''] of rows) onPage.set(name, { most, within })
  assert.deepEqual(Object.fromEntries(sorted(onPage)), Object.fromEntries(sorted(inCode)))
})

test('the odds on the security page follow from the limits of the code', () => {
  const page = readPage('docs/security.md').replace(/\s+/g, ' ')
  const { most: perHour } = limitOf('wrong-codes')
  const perDay = Number(limitOf('wrong-codes-day').most)
  assert.ok(page.includes(`${answersPerChallenge} wrong answers end a sign-in`))
  assert.ok(page.includes(`${perHour} wrong codes in an hour and ${perDay} in a day`))
  const guesses = [1, 30, 365].map((days) => perDay * days)
  const [day = 0, month = 0, year = 0] = guesses.map((count) => count.toLocaleString('en'))
  assert.ok(page.includes(`in a day, ${day} guesses | in 30 days, ${month} | in a year, ${year} |`))
  for (const good of [3, 1]) {
    const odds = guesses.map((count) => percent(1 - (1 - good / 1e6) ** count))
    assert.match(page, new RegExp(`\\| ${good}, by [^|]+ \\| ${odds.join(' \\| ')} \\|`))
  }

  const passwords = Number(limitOf('wrong-passwords').most) * 24
  assert.ok(page.includes(`${passwords.toLocaleString('en')} a day`), 'passwords a day')

  const mails = Number(limitOf('sign-up-mails').most)
  const signUpCodes = Number(limitOf('sign-up-codes').most)
  assert.ok(page.includes(`${signUpCodes} × ${mails}`), 'sign-up codes')

  const resetMails = limitOf('reset-mails').most
  const reset = readFileSync(join(root, 'src/accounts/password/reset.ts'), 'utf8')
  const answersPerMail = /answersPerCode = (\d+)/.exec(reset)?.[1]
  assert.ok(page.includes(`${resetMails} × ${answersPerMail}`), 'codes of a forgotten password')
})

const percent = (odds: number) => `${Number((odds * 100).toPrecision(2))} %`

function limitOf(name: string): { most: string } {
  const [, most = ''] =
    new RegExp(`\\| \`${name}\` \\| (\\d+) \\|`).exec(readPage('docs/integrate.md')) ?? []
  return { most }
}

function sorted(map: Map<string, Limit>): [string, Limit][] {
  return [...map].sort(([a], [b]) => (a < b ? -1 : 1))
}

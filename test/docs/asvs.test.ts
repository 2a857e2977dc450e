/** docs/asvs.md covers every requirement, and its settings are valid. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { readSettings } from '../../src/config/read-settings.ts'
import { codeBlocksIn, readPage } from '../support/markdown.ts'

const page = readPage('docs/asvs.md')

/** The requirements of ASVS 5.0, by chapter and section, level and number. */
const requirements: Record<string, Partial<Record<1 | 2 | 3, number[]>>> = {
  'V6.1': { 1: [1], 2: [2, 3] },
  'V6.2': { 1: [1, 2, 3, 4, 5, 6, 7, 8], 2: [9, 10, 11, 12] },
  'V6.3': { 1: [1, 2], 2: [3, 4], 3: [5, 6, 7, 8] },
  'V6.4': { 1: [1, 2], 2: [3, 4], 3: [5, 6] },
  'V6.5': { 2: [1, 2, 3, 4, 5], 3: [6, 7, 8] },
  'V6.6': { 2: [1, 2, 3], 3: [4] },
  'V6.7': { 3: [1, 2] },
  'V6.8': { 2: [1, 2, 3, 4] },
  'V7.1': { 2: [1, 2, 3] },
  'V7.2': { 1: [1, 2, 3, 4] },
  'V7.3': { 2: [1, 2] },
  'V7.4': { 1: [1, 2], 2: [3, 4, 5] },
  'V7.5': { 2: [1, 2], 3: [3] },
  'V7.6': { 2: [1, 2] },
  'V9.1': { 1: [1, 2, 3] },
  'V9.2': { 1: [1], 2: [2, 3, 4] },
}

function ids(...levels: (1 | 2 | 3)[]): string[] {
  return Object.entries(requirements).flatMap(([section, byLevel]) =>
    levels.flatMap((level) =>
      (byLevel[level] ?? []).map((number) => `${section}.${number} ${level}`),
    ),
  )
}

/** The rows under a heading, as cells. */
function rowsOf(heading: string): string[][] {
  const [, section = ''] = page.split(`\n## ${heading}\n`)
  const rows = section.split('\n## ')[0]?.match(/^\| V.+\|$/gm) ?? []
  return rows.map((row) => row.split(' | ').map((cell) => cell.replace(/^\| | \|$/g, '')))
}

test('the table lists every requirement of levels 1 and 2 once, with its level', () => {
  const listed = rowsOf('Levels 1 and 2').map(([id, level]) => `${id} ${level}`)
  assert.deepEqual(listed.sort(), ids(1, 2).sort())
})

test('the level 3 table lists every requirement once', () => {
  const listed = rowsOf('Level 3').map(([id]) => `${id} 3`)
  assert.deepEqual(listed.sort(), ids(3).sort())
})

test('every met requirement names its evidence, and every unmet one appears above the table', () => {
  const rows = [
    ...rowsOf('Levels 1 and 2').map(([id, , requirement, ...rest]) => [id, requirement, ...rest]),
    ...rowsOf('Level 3'),
  ]
  const [summary = ''] = page.split('\n## ')
  for (const [id = '', requirement = '', here = '', proof = ''] of rows) {
    assert.ok(requirement.length > 10, id)
    assert.match(
      here,
      /^\*\*(Yes|In part|In another way|By configuration|Not yet|Doesn’t apply)/,
      id,
    )
    if (here.startsWith('**Yes')) assert.ok(proof.length > 2, `${id} is met, but names no evidence`)
  }
  for (const [id = '', , , here = ''] of rowsOf('Levels 1 and 2')) {
    if (!/^\*\*(Yes|Doesn’t apply)/.test(here)) assert.ok(summary.includes(id), id)
  }
})

test('the settings shown are valid', () => {
  const shown = codeBlocksIn(page)
    .filter(({ language }) => language === 'ini')
    .flatMap(({ text }) => text.split('\n').map((line) => line.split('=')))
  assert.equal(shown.length, 4)
  const settings = readSettings(Object.fromEntries(shown))
  assert.equal(settings.mfaPolicy, 'required')
  assert.deepEqual(settings.mfaMethods, ['passkey', 'authenticator'])
  assert.deepEqual([settings.sessionIdleTimeout, settings.sessionLifetime], [60 * 60, 24 * 60 * 60])
})

test('the lifetimes on the page are the defaults', () => {
  const { sessionIdleTimeout, sessionLifetime, stepUpMaxAge } = readSettings({})
  const text = page.replace(/\s+/g, ' ')
  const days = (seconds: number) => `${seconds / 86_400} days`
  assert.ok(text.includes(`ends ${days(sessionIdleTimeout)} after it was last refreshed`))
  assert.ok(text.includes(`and ${days(sessionLifetime)} after it began`))
  assert.ok(text.includes(`the last ${stepUpMaxAge / 60} minutes`))
})

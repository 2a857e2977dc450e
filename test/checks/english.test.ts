import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { mkdirSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { type TestContext, test } from 'node:test'
import { createTempFolder } from '../support/process.ts'

/** Runs the lint on a tree of one file. @returns its exit code and the place of each finding */
function lint(t: TestContext, path: string, content: string) {
  const folder = createTempFolder(t)
  mkdirSync(join(folder, dirname(path)), { recursive: true })
  writeFileSync(join(folder, path), content)
  const script = join(import.meta.dirname, '../../scripts/lint-english.ts')
  const { status, stdout, stderr } = spawnSync(process.execPath, [script], {
    cwd: folder,
    encoding: 'utf8',
  })
  const findings = [...stderr.matchAll(/^(\S+:\d+): (begins with|contains) “(.+?)”/gm)]
  return { status, stdout, findings: findings.map(([, place, , mark]) => `${place} ${mark}`) }
}

test('the English lint finds every mark in comments, wherever a sentence begins', (t) => {
  const source = `/** What it holds. */
export const a = 1 // Whoever reads it.
/**
 * Sums them up. Who calls it is unknown.
 *
 * Whom it serves
 * is unknown.
 *
 * - Has its own line
 * - a second one
 *
 * @param b is the second
 * @returns the same again
 */
export function f(b: number) {
  try {
    return b
  } catch {
    // Begins anew, for whom
    // it concerns. It is
    // told so.
  }
}
/* There is no more. */
export const g = () => <p>{/* Keeps one’s place. */}// What is shown</p>
// Serves whoever asks.
// "Is" it?
// Is it?
`
  const { status, findings } = lint(t, 'web/src/offence.tsx', source)
  assert.equal(status, 1)
  assert.deepEqual(findings, [
    'web/src/offence.tsx:1 What',
    'web/src/offence.tsx:2 Whoever',
    'web/src/offence.tsx:4 Who',
    'web/src/offence.tsx:6 Whom',
    'web/src/offence.tsx:9 Has',
    'web/src/offence.tsx:12 is',
    'web/src/offence.tsx:13 the same',
    'web/src/offence.tsx:19 anew',
    'web/src/offence.tsx:20 is told',
    'web/src/offence.tsx:24 no more',
    'web/src/offence.tsx:25 one’s',
    'web/src/offence.tsx:26 whoever',
    'web/src/offence.tsx:28 Is',
  ])
})

test('the English lint finds every mark in the strings that people read', (t) => {
  const source = `export const texts = {
  a: 'What each code means.',
  b: (n: number) => \`\${n} codes left. The same for \${n === 1 ? 'Who knows' : 'all'}.\`,
  c: \`You have
    no more codes.\`,
}
`
  const { status, findings } = lint(t, 'src/i18n/en/offence.ts', source)
  assert.equal(status, 1)
  assert.deepEqual(findings, [
    'src/i18n/en/offence.ts:2 What',
    'src/i18n/en/offence.ts:3 The same',
    'src/i18n/en/offence.ts:3 Who',
    'src/i18n/en/offence.ts:4 no more',
  ])
})

test('the English lint accepts the marks where they are good English', (t) => {
  const source = `/**
 * Whether it is on. Takes no more than three, i.e. what is left, and has the same length.
 *
 * \`What\` and \`is told\` are code; someone's is a word of its own. Isn't whole.
 *
 * The same-site rule applies. This is what it does.
 */
export const texts = {
  question: 'What is a passkey?',
  predicate: 'is missing',
  url: 'https://example.com//What',
  template: \`\${1} is one. // Who knows\`,
}
`
  const { status, stdout, findings } = lint(t, 'src/innocent.ts', source)
  assert.deepEqual(findings, [])
  assert.equal(status, 0)
  assert.equal(stdout, 'English of 1 files: no findings.\n')
})

/** Generating docs/abuse-cases.md from comments above tests, and rejecting malformed ones. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { insertCases, parseAbuseCases } from '../../scripts/abuse-cases.ts'

const file = 'test/some.test.ts'
const read = (...lines: string[]) => parseAbuseCases(file, `${lines.join('\n')}\n`)
const page = '# Cases\n\n## Guessing\n\n## Passkeys\n\nMore to come.\n'

test('each case is listed under its heading with a link to its test', () => {
  const cases = read(
    '// A remark.',
    '// Abuse case (Guessing): A restart gave',
    '// the tries back (CVE-2001-0001).',
    '// Abuse case (Passkeys): Another.',
    'test("a restart doesn\'t forgive", () => {})',
    '  // Abuse case (Guessing): A restart gave the tries back (CVE-2001-0001).',
    '  test(',
    `    \`$\{method}: neither does another method\`,`,
    '    async () => {},',
    '  )',
    '// Cases of abuse are listed elsewhere.',
    'const other = 1',
  )
  assert.equal(
    insertCases(page, cases),
    [
      '# Cases\n',
      '## Guessing\n',
      '- A restart gave the tries back (CVE-2001-0001).',
      "  - [a restart doesn't forgive](../test/some.test.ts)",
      '  - […: neither does another method](../test/some.test.ts)\n',
      '## Passkeys\n',
      '- Another.',
      "  - [a restart doesn't forgive](../test/some.test.ts)\n",
      'More to come.\n',
    ].join('\n'),
  )
})

test('a case without a test below it is rejected', () => {
  const marker = '// Abuse case (Guessing): A restart gave the tries back.'
  const below = [
    [],
    ['const other = 1'],
    ['', 'test("a restart forgives nothing", () => {})'],
    ['test.skip("a restart forgives nothing", () => {})'],
    ['test(title, () => {})'],
    ['// test("a restart forgives nothing", () => {})'],
  ]
  for (const lines of below) {
    assert.throws(() => read(marker, ...lines), /some\.test\.ts: no test below/)
  }
})

test('a malformed case is rejected', () => {
  const wrong = [
    '// Abuse case: A restart gave the tries back.',
    '// abuse case A restart gave the tries back.',
    '// Abuse case (): A restart gave the tries back.',
    '// Abuse case (Guessing):',
    '// Abuse case (Guessing) A restart gave the tries back.',
  ]
  for (const marker of wrong) {
    assert.throws(() => read(marker, 'test("a promise", () => {})'), /is not “Abuse case/, marker)
  }
})

test('a case repeated above one test or in an unknown section is rejected', () => {
  const once = '// Abuse case (Guessing): A restart gave the tries back.'
  const twice = read(once, once, 'test("a restart forgives nothing", () => {})')
  assert.throws(() => insertCases(page, twice), /is repeated above one test/)
  const lost = read('// Abuse case (Gessing): Lost.', 'test("a promise", () => {})')
  assert.throws(() => insertCases(page, lost), /has no section “Gessing”/)
})

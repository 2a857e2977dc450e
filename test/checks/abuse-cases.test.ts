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
    'test("a restart doesn\'t reset the count", () => {})',
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
      "  - [a restart doesn't reset the count](../test/some.test.ts)",
      '  - […: neither does another method](../test/some.test.ts)\n',
      '## Passkeys\n',
      '- Another.',
      "  - [a restart doesn't reset the count](../test/some.test.ts)\n",
      'More to come.\n',
    ].join('\n'),
  )
})

test('a case without a test below it is rejected', () => {
  const marker = '// Abuse case (Guessing): A restart reset the count.'
  const below = [
    [],
    ['const other = 1'],
    ['', 'test("a restart does not reset the count", () => {})'],
    ['test.skip("a restart does not reset the count", () => {})'],
    ['test(title, () => {})'],
    ['// test("a restart does not reset the count", () => {})'],
  ]
  for (const lines of below) {
    assert.throws(() => read(marker, ...lines), /some\.test\.ts: no test below/)
  }
})

test('a malformed case is rejected', () => {
  const wrong = [
    '// Abuse case: A restart reset the count.',
    '// abuse case A restart reset the count.',
    '// Abuse case (): A restart reset the count.',
    '// Abuse case (Guessing):',
    '// Abuse case (Guessing) A restart reset the count.',
  ]
  for (const marker of wrong) {
    assert.throws(() => read(marker, 'test("a promise", () => {})'), /is not “Abuse case/, marker)
  }
})

test('a case repeated above one test or in an unknown section is rejected', () => {
  const once = '// Abuse case (Guessing): A restart reset the count.'
  const twice = read(once, once, 'test("a restart does not reset the count", () => {})')
  assert.throws(() => insertCases(page, twice), /is repeated above one test/)
  const lost = read('// Abuse case (Guesing): Lost.', 'test("a promise", () => {})')
  assert.throws(() => insertCases(page, lost), /has no section “Guesing”/)
})

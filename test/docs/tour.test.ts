/** Runs the commands of the README and of docs/tour.md as a reader would, and compares the output. */
import assert from 'node:assert/strict'
import { execFile, execFileSync } from 'node:child_process'
import { test } from 'node:test'
import { promisify } from 'node:util'
import { type CodeBlock, codeBlocksIn, readPage } from '../support/markdown.ts'
import { assertMatchesExample, assertTextMatchesExample } from '../support/match-example.ts'
import { startLatchkeyProcess, waitUntil } from '../support/process.ts'
import { requireTool } from '../support/tool.ts'

const run = promisify(execFile)
const readme = readPage('README.md')
const tour = stepsOf(readPage('docs/tour.md'))

test('the first two command lines of the README start the service and run the tests', () => {
  const commands = codeBlocksIn(readme).flatMap(({ language, text }) =>
    language === 'sh' ? text.split('\n') : [],
  )
  assert.deepEqual(commands.slice(0, 2), ['npm ci && npm start', 'npm ci && npm test'])
  const [first, second] = codeBlocksIn(readme)
  assert.deepEqual([first?.language, second?.language], ['sh', 'sh'], 'nothing between them')
})

test('the first start prints the startup text of the README', async (t) => {
  const latchkey = await startLatchkeyProcess(t)
  const [example] = codeBlocksIn(readme).filter(({ text }) => text.startsWith('Latchkey '))
  await waitUntil(() => latchkey.stdout.includes('Ctrl-C'))
  const withoutLog = latchkey.stdout.replace(/^\{.*\n/gm, '').trim()
  assert.equal(withoutLog, withPort(example?.text ?? '', latchkey.port))
})

/** A command, and the output that the page shows for it. */
interface Step {
  command: string
  example: CodeBlock | undefined
}

function stepsOf(page: string): Step[] {
  const steps: Step[] = []
  for (const block of codeBlocksIn(page)) {
    const last = steps.at(-1)
    if (block.language === 'sh') steps.push({ command: block.text, example: undefined })
    else if (last) last.example = block
  }
  return steps
}

// Shells that this machine lacks are skipped: the tour uses only what all three have in common.
const shells = ['sh', 'bash', 'zsh'].filter((shell) => {
  try {
    execFileSync(shell, ['-c', 'exit 0'])
    return true
  } catch {
    return false
  }
})

for (const shell of shells) {
  test(`the tour, typed into ${shell}, prints the responses that it shows`, async (t) => {
    if (!(await requireTool(t, 'curl')) || !(await requireTool(t, 'oathtool'))) return
    const latchkey = await startLatchkeyProcess(t)
    const end = '--- end of a step ---'
    const script = tour.map(({ command }) => `${command}\nprintf '\\n%s\\n' '${end}'`).join('\n')

    const { stdout, stderr } = await run(shell, ['-c', withPort(script, latchkey.port)], {
      cwd: latchkey.folder,
    })

    assert.equal(stderr, '')
    const printed = stdout.split(`\n${end}\n`)
    for (const [i, { command, example }] of tour.entries()) {
      const actual = printed[i]?.trim() ?? ''
      const expected = withPort(example?.text ?? '', latchkey.port)
      if (example?.language === 'json') assertResponse(actual, expected, command)
      else assertLines(actual, expected, command)
    }
    assert.equal(printed[tour.length], '')
  })
}

test('the tour uses every MFA method that needs no browser, DELETE and the dev inbox', () => {
  const commands = tour.map(({ command }) => command).join('\n')
  for (const name of ['authenticator', 'sms', 'email', 'recoveryCode', 'DELETE', '/dev/Messages']) {
    assert.ok(commands.includes(name), name)
  }
  assert.ok(tour.filter(({ example }) => example).length >= 18, 'too few responses are shown')
})

function withPort(text: string, port: number): string {
  return text.replaceAll('localhost:4000', `localhost:${port}`)
}

/** Compares JSON, and the status after it where the command prints one. */
function assertResponse(actual: string, expected: string, command: string): void {
  const [actualJson, actualStatus] = splitStatus(actual)
  const [expectedJson, expectedStatus] = splitStatus(expected)
  assert.equal(actualStatus, expectedStatus, `${command}\n${actual}`)
  assertMatchesExample(JSON.parse(actualJson), JSON.parse(expectedJson), command)
}

function splitStatus(response: string): [json: string, status: string | undefined] {
  const [, json = response, status] = /^(.*)\n(\d{3})$/s.exec(response) ?? []
  return [json, status]
}

function assertLines(actual: string, expected: string, command: string): void {
  const [actualLines, expectedLines] = [actual.split('\n'), expected.split('\n')]
  assert.equal(actualLines.length, expectedLines.length, `${command}\n${actual}`)
  for (const [i, line] of expectedLines.entries())
    assertTextMatchesExample(actualLines[i] ?? '', line, command)
}

/** The README is what people try first. All it shows is run here, as they would run it. */
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

test('the first two command lines of the README start the service and run the tests', () => {
  const commands = codeBlocksIn(readme).flatMap(({ language, text }) =>
    language === 'sh' ? text.split('\n') : [],
  )
  assert.deepEqual(commands.slice(0, 2), ['npm ci && npm start', 'npm ci && npm test'])
  const [first, second] = codeBlocksIn(readme)
  assert.deepEqual([first?.language, second?.language], ['sh', 'sh'], 'nothing between them')
})

test('a first start says what the README says', async (t) => {
  const latchkey = await startLatchkeyProcess(t)
  const [shown] = codeBlocksIn(readme).filter(({ text }) => text.startsWith('Latchkey '))
  await waitUntil(() => latchkey.stdout.includes('Ctrl-C'))
  const withoutLog = latchkey.stdout.replace(/^\{.*\n/gm, '').trim()
  assert.equal(withoutLog, withPort(shown?.text ?? '', latchkey.port))
})

/** A command, and what the README shows it to print. */
interface Step {
  command: string
  shown: CodeBlock | undefined
}

const tour = stepsOf(readme.slice(readme.indexOf('## Five minutes with curl')))

function stepsOf(section: string): Step[] {
  const steps: Step[] = []
  for (const block of codeBlocksIn(section)) {
    const last = steps.at(-1)
    if (block.language === 'sh') steps.push({ command: block.text, shown: undefined })
    else if (last) last.shown = block
  }
  return steps
}

// A shell that this machine does not have can be skipped: what all three have in common is enough.
const shells = ['sh', 'bash', 'zsh'].filter((shell) => {
  try {
    execFileSync(shell, ['-c', 'exit 0'])
    return true
  } catch {
    return false
  }
})

for (const shell of shells) {
  test(`the README’s tour, typed into ${shell}, answers what the README shows`, async (t) => {
    if (!(await requireTool(t, 'curl')) || !(await requireTool(t, 'oathtool'))) return
    const latchkey = await startLatchkeyProcess(t)
    const end = '--- end of a step ---'
    const script = tour.map(({ command }) => `${command}\nprintf '\\n%s\\n' '${end}'`).join('\n')

    const { stdout, stderr } = await run(shell, ['-c', withPort(script, latchkey.port)], {
      cwd: latchkey.folder,
    })

    assert.equal(stderr, '')
    const printed = stdout.split(`\n${end}\n`)
    for (const [i, { command, shown }] of tour.entries()) {
      const real = printed[i]?.trim() ?? ''
      const expected = withPort(shown?.text ?? '', latchkey.port)
      if (shown?.language === 'json') assertAnswer(real, expected, command)
      else assertLines(real, expected, command)
    }
    assert.equal(printed[tour.length], '')
  })
}

test('the tour goes through every method of the README’s list', () => {
  const commands = tour.map(({ command }) => command).join('\n')
  for (const said of ['authenticator', 'sms', 'email', 'recoveryCode', 'DELETE', '/dev/Messages']) {
    assert.ok(commands.includes(said), said)
  }
  assert.ok(tour.filter(({ shown }) => shown).length >= 18, 'hardly any answer is shown')
})

function withPort(text: string, port: number): string {
  return text.replaceAll('localhost:4000', `localhost:${port}`)
}

/** JSON, and after it the status where the command prints it. */
function assertAnswer(real: string, shown: string, command: string): void {
  const [realJson, realStatus] = split(real)
  const [shownJson, shownStatus] = split(shown)
  assert.equal(realStatus, shownStatus, `${command}\n${real}`)
  assertMatchesExample(JSON.parse(realJson), JSON.parse(shownJson), command)
}

function split(answer: string): [json: string, status: string | undefined] {
  const [, json = answer, status] = /^(.*)\n(\d{3})$/s.exec(answer) ?? []
  return [json, status]
}

function assertLines(real: string, shown: string, command: string): void {
  const [realLines, shownLines] = [real.split('\n'), shown.split('\n')]
  assert.equal(realLines.length, shownLines.length, `${command}\n${real}`)
  for (const [i, line] of shownLines.entries())
    assertTextMatchesExample(realLines[i] ?? '', line, command)
}

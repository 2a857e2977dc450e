/** The `latchkey` command of a clone, on a machine whose own Node is too old for it. */
import assert from 'node:assert/strict'
import { execFile } from 'node:child_process'
import { cpSync, existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { type TestContext, test } from 'node:test'
import { promisify } from 'node:util'
import { createTempFolder } from '../support/process.ts'

const root = join(import.meta.dirname, '../..')

/** A clone that requires a newer Node than any, so that the tests' Node is too old for it. */
function createFutureClone(t: TestContext): string {
  const folder = createTempFolder(t)
  for (const part of ['bin', 'scripts/install-node.js']) {
    cpSync(join(root, part), join(folder, part), { recursive: true })
  }
  const manifest = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8'))
  manifest.engines.node = '>=999'
  writeFileSync(join(folder, 'package.json'), JSON.stringify(manifest))
  return folder
}

/** Installs a script in the place of the Node that `npm ci` installs. */
function installNode(folder: string, script: string): void {
  const bin = join(folder, 'node_modules/.bin')
  mkdirSync(bin, { recursive: true })
  writeFileSync(join(bin, 'node'), `#!/bin/sh\n${script}\n`, { mode: 0o755 })
}

function run(folder: string, path: string, ...args: string[]) {
  return new Promise<{ code: unknown; stdout: string; stderr: string }>((resolve) => {
    execFile(process.execPath, [join(folder, path), ...args], (error, stdout, stderr) =>
      resolve({ code: error?.code ?? 0, stdout, stderr }),
    )
  })
}

test('the command passes its arguments to the Node of the clone and exits with its code', async (t) => {
  const folder = createFutureClone(t)
  installNode(folder, 'shift; echo "$@"; exit 78')
  const ended = await run(folder, 'bin/latchkey.js', 'accounts', 'find', 'ada')
  assert.deepEqual(ended, { code: 78, stdout: 'accounts find ada\n', stderr: '' })
})

test('the command passes the options of Node to the Node of the clone', async (t) => {
  const folder = createFutureClone(t)
  installNode(folder, 'echo "$1"')
  const args = ['--max-semi-space-size=4', join(folder, 'bin/latchkey.js')]
  const { stdout } = await promisify(execFile)(process.execPath, args)
  assert.equal(stdout, '--max-semi-space-size=4\n')
})

test('the command re-executes at most once, even if the Node of the clone is too old itself', async (t) => {
  const folder = createFutureClone(t)
  const runs = join(folder, 'runs')
  // The third run ends the loop, so that the test fails instead of hanging.
  installNode(
    folder,
    `echo >> ${runs}; [ $(wc -l < ${runs}) -lt 3 ] && exec ${process.execPath} "$@"`,
  )
  const { code, stderr } = await run(folder, 'bin/latchkey.js')
  assert.equal(readFileSync(runs, 'utf8'), '\n')
  assert.equal(code, 1)
  assert.match(stderr, /^Latchkey needs Node 999 or newer, and this is Node [\d.]+\. .*\n$/)
})

test('without a newer Node, the error gives instructions', async (t) => {
  const { code, stderr } = await run(createFutureClone(t), 'bin/latchkey.js')
  assert.equal(code, 1)
  assert.match(stderr, /^Latchkey needs Node 999 or newer, .* `npm ci` .*\n$/)
})

test('npm ci installs no Node where the machine’s own is new enough', async (t) => {
  const folder = createFutureClone(t)
  cpSync(join(root, 'package.json'), join(folder, 'package.json'))
  const ended = await run(folder, 'scripts/install-node.js')
  assert.deepEqual(ended, { code: 0, stdout: '', stderr: '' })
  assert.ok(!existsSync(join(folder, 'node_modules')))
})

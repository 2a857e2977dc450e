#!/usr/bin/env node
// The `latchkey` command. Plain JavaScript that Node 18 can read: where Node is older than Latchkey
// needs, it hands over to the one that `npm ci` installed in the clone.
import { spawn } from 'node:child_process'
import { existsSync, readFileSync } from 'node:fs'
import nodeModule from 'node:module'
import { constants } from 'node:os'
import { fileURLToPath } from 'node:url'

const { engines } = JSON.parse(readFileSync(new URL('../package.json', import.meta.url), 'utf8'))
const needed = Number.parseInt(engines.node.replace('>=', ''), 10)

/** Set for the process that takes over, which must not hand over again: that would never end. */
const mark = 'LATCHKEY_HANDED_OVER'
const handedOver = process.env[mark] !== undefined
delete process.env[mark]

if (Number.parseInt(process.versions.node, 10) >= needed) {
  // A clone has the sources, and perhaps a `dist` that is older than they are; a package has `dist`.
  const source = new URL('../src/cli/main.ts', import.meta.url)
  const compiled = new URL('../dist/cli/main.js', import.meta.url)
  // Reading the sources is most of a start. Kept beside them, where nobody else can plant code.
  nodeModule.enableCompileCache?.(
    fileURLToPath(new URL('../node_modules/.cache/latchkey', import.meta.url)),
  )
  await import((existsSync(source) ? source : compiled).href)
} else {
  const node = nodeOfTheClone()
  if (node && !handedOver) handOverTo(node)
  else giveUp(`this is Node ${process.versions.node}`)
}

/** The path of the Node that scripts/install-node.js links there, if it is linked. */
function nodeOfTheClone() {
  const name = process.platform === 'win32' ? 'node.exe' : 'node'
  const path = fileURLToPath(new URL(`../node_modules/.bin/${name}`, import.meta.url))
  return existsSync(path) ? path : undefined
}

/** Runs this command again under `node`, and exits with its code. */
function handOverTo(node) {
  const self = fileURLToPath(import.meta.url)
  const child = spawn(node, [self, ...process.argv.slice(2)], {
    stdio: 'inherit',
    env: { ...process.env, [mark]: '' },
  })
  // The child decides what a signal means and when it is done; Ctrl-C reaches it anyway.
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP']) {
    process.on(signal, () => child.kill(signal))
  }
  child.on('error', (error) => giveUp(`${node} does not run (${error.message})`))
  child.on('exit', (code, signal) => process.exit(code ?? 128 + constants.signals[signal]))
}

function giveUp(why) {
  console.error(
    `Latchkey needs Node ${needed} or newer, and ${why}. ` +
      'Install it from https://nodejs.org; in a clone of Latchkey, `npm ci` does that.',
  )
  process.exit(1)
}

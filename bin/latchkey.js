#!/usr/bin/env node
// The `latchkey` command, in plain JavaScript for Node 18: if the running Node is too old for
// Latchkey, it starts the one that `npm ci` installed in the clone.
import { spawn } from 'node:child_process'
import { existsSync, readFileSync } from 'node:fs'
import nodeModule from 'node:module'
import { constants } from 'node:os'
import { fileURLToPath } from 'node:url'

const { engines } = JSON.parse(readFileSync(new URL('../package.json', import.meta.url), 'utf8'))
const needed = Number.parseInt(engines.node.replace('>=', ''), 10)

/** Set for the process that is started under the other Node, so that it does not start a further one. */
const marker = 'LATCHKEY_HANDED_OVER'
const handedOver = process.env[marker] !== undefined
delete process.env[marker]

if (Number.parseInt(process.versions.node, 10) >= needed) {
  // A clone has the sources, and perhaps an outdated `dist`; a package has only `dist`.
  const source = new URL('../src/cli/main.ts', import.meta.url)
  const compiled = new URL('../dist/cli/main.js', import.meta.url)
  // Compiling is most of a start. The cache is in the clone, where no other user can plant code.
  nodeModule.enableCompileCache?.(
    fileURLToPath(new URL('../node_modules/.cache/latchkey', import.meta.url)),
  )
  await import((existsSync(source) ? source : compiled).href)
} else {
  const node = findInstalledNode()
  if (node && !handedOver) handOverTo(node)
  else exitWithError(`this is Node ${process.versions.node}`)
}

/** The path of the Node that scripts/install-node.js has linked; undefined without one. */
function findInstalledNode() {
  const name = process.platform === 'win32' ? 'node.exe' : 'node'
  const path = fileURLToPath(new URL(`../node_modules/.bin/${name}`, import.meta.url))
  return existsSync(path) ? path : undefined
}

/** Runs this command again under `node`, and exits with its code. */
function handOverTo(node) {
  const self = fileURLToPath(import.meta.url)
  const child = spawn(node, [self, ...process.argv.slice(2)], {
    stdio: 'inherit',
    env: { ...process.env, [marker]: '' },
  })
  // The child handles signals and decides when to exit; Ctrl-C reaches it directly, too.
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP']) {
    process.on(signal, () => child.kill(signal))
  }
  child.on('error', (error) => exitWithError(`${node} does not run (${error.message})`))
  child.on('exit', (code, signal) => process.exit(code ?? 128 + constants.signals[signal]))
}

function exitWithError(reason) {
  console.error(
    `Latchkey needs Node ${needed} or newer, and ${reason}. ` +
      'Install it from https://nodejs.org; in a clone of Latchkey, `npm ci` installs it.',
  )
  process.exit(1)
}

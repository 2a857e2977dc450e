#!/usr/bin/env node
// The `latchkey` command. Plain JavaScript that Node 18 can read: where Node is older than Latchkey
// needs, it hands over to the one that `npm ci` brought into the clone.
import { spawn } from 'node:child_process'
import { existsSync } from 'node:fs'
import nodeModule, { createRequire } from 'node:module'
import { constants } from 'node:os'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'

const needed = 26

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
  if (node) handOverTo(node)
  else giveUp(`this is Node ${process.versions.node}`)
}

/** The path of the Node that the `runtime` workspace brings, if it was installed. */
function nodeOfTheClone() {
  const require = createRequire(new URL('../runtime/package.json', import.meta.url))
  const os = process.platform === 'win32' ? 'win' : process.platform
  // Two names, because the package for Apple silicon is called differently from the others.
  for (const name of [`node-${os}-${process.arch}`, `node-bin-${os}-${process.arch}`]) {
    try {
      const manifest = require.resolve(`${name}/package.json`)
      return join(dirname(manifest), require(manifest).bin.node)
    } catch {
      // Not this one.
    }
  }
}

/** Runs this command again under `node`, and ends as that ends. */
function handOverTo(node) {
  const self = fileURLToPath(import.meta.url)
  const child = spawn(node, [self, ...process.argv.slice(2)], { stdio: 'inherit' })
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
      'Install it from https://nodejs.org, or run `npm ci` in a clone of Latchkey, which brings it.',
  )
  process.exit(1)
}

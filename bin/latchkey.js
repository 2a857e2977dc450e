#!/usr/bin/env node
// The `latchkey` command, in plain JavaScript for Node 18: if the running Node is too old for
// Latchkey, it starts the one that `npm ci` installed in the clone.
import { spawn } from 'node:child_process'
import { existsSync, readdirSync, readFileSync, statSync } from 'node:fs'
import nodeModule from 'node:module'
import { constants } from 'node:os'
import { fileURLToPath } from 'node:url'

const root = new URL('../', import.meta.url)
const bundle = new URL('dist/server/latchkey.cjs', root)
const { engines } = JSON.parse(readFileSync(new URL('package.json', root), 'utf8'))
const needed = Number.parseInt(engines.node.replace('>=', ''), 10)

/** Set for the process that is started under the other Node, so that it does not start a further one. */
const marker = 'LATCHKEY_HANDED_OVER'
const handedOver = process.env[marker] !== undefined
delete process.env[marker]

if (Number.parseInt(process.versions.node, 10) >= needed) {
  // Half of a start is compiling. The cache is where no other user can plant code: in the folder that
  // systemd or the image names, else in the clone or package. Where it cannot be written, nothing fails.
  const { CACHE_DIRECTORY = fileURLToPath(new URL('node_modules/.cache/latchkey', root)) } =
    process.env
  nodeModule.enableCompileCache?.(CACHE_DIRECTORY)
  nodeModule.setSourceMapsSupport?.(true, { nodeModules: true })
  await import(isBundleCurrent() ? bundle.href : new URL('src/cli/main.ts', root).href)
} else {
  const node = findInstalledNode()
  if (node && !handedOver) handOverTo(node)
  else exitWithError(`this is Node ${process.versions.node}`)
}

/**
 * Whether the bundle may run: a package has nothing else; a clone has it after its first `npm start`,
 * perhaps older than the sources.
 */
function isBundleCurrent() {
  if (!existsSync(bundle)) return false
  const source = new URL('src/', root)
  if (!existsSync(source)) return true
  const builtAt = statSync(bundle).mtimeMs
  const files = readdirSync(source, { recursive: true }).map((file) => new URL(file, source))
  return [new URL('package-lock.json', root), ...files].every(
    (file) => statSync(file).mtimeMs <= builtAt,
  )
}

/** The path of the Node that scripts/install-node.js has linked; undefined without one. */
function findInstalledNode() {
  const name = process.platform === 'win32' ? 'node.exe' : 'node'
  const path = fileURLToPath(new URL(`node_modules/.bin/${name}`, root))
  return existsSync(path) ? path : undefined
}

/** Runs this command again under `node`, and exits with its code. */
function handOverTo(node) {
  const self = fileURLToPath(import.meta.url)
  const child = spawn(node, [...process.execArgv, self, ...process.argv.slice(2)], {
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

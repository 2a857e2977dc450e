// Installs a Node for the npm scripts of a clone. `npm ci` runs this: if the machine's Node is too old,
// the scripts use the one from `runtime/24`. `npm run use-node -- 26` makes them use that from
// `runtime/26`, whatever the machine has, until the next `npm ci`.
//
// In plain JavaScript for Node 18.
import { spawnSync } from 'node:child_process'
import {
  copyFileSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
} from 'node:fs'
import { join, relative } from 'node:path'
import { fileURLToPath } from 'node:url'

const root = fileURLToPath(new URL('..', import.meta.url))
const { engines } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8'))
const needed = Number.parseInt(engines.node.replace('>=', ''), 10)

const [requested] = process.argv.slice(2)
if (requested || Number.parseInt(process.versions.node, 10) < needed)
  install(requested ?? String(needed))

function install(major) {
  const folder = join(root, 'runtime', major)
  const npm = process.env.npm_execpath
  if (!npm) exitWithError('Let npm run this script.')
  // Without a shell, so that it works the same way on Windows.
  const args = [npm, 'ci', '--include=optional', '--no-audit', '--no-fund']
  const { status } = spawnSync(process.execPath, args, {
    cwd: folder,
    stdio: ['ignore', 'ignore', 'inherit'],
  })
  if (status !== 0) exitWithError(`npm could not install the Node of ${folder}.`)

  const node = findNode(join(folder, 'node_modules'))
  if (!node) exitWithError('npm has no Node for this platform.')
  if (spawnSync(node, ['--version']).status !== 0) exitWithError(`${node} does not run here.`)
  link(node)
}

/** The path of the installed Node: npm installs only the package of this platform. */
function findNode(modules) {
  if (!existsSync(modules)) return
  for (const name of readdirSync(modules)) {
    if (name.startsWith('.')) continue
    const { bin } = JSON.parse(readFileSync(join(modules, name, 'package.json'), 'utf8'))
    return join(modules, name, bin.node)
  }
}

/** Links it into the folder that npm scripts search first. */
function link(node) {
  const folder = join(root, 'node_modules/.bin')
  mkdirSync(folder, { recursive: true })
  const windows = process.platform === 'win32'
  const path = join(folder, windows ? 'node.exe' : 'node')
  rmSync(path, { force: true })
  if (windows) copyFileSync(node, path)
  else symlinkSync(relative(folder, node), path)
}

function exitWithError(reason) {
  console.error(
    `Latchkey needs Node ${needed} or newer, and this is Node ${process.versions.node}. ${reason} ` +
      'Install Node from https://nodejs.org, then run `npm ci` again.',
  )
  process.exit(1)
}

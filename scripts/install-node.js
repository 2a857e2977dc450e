// Installs a Node for the npm scripts of a clone. `npm ci` runs this: where its own Node is too old,
// the scripts get the one that `runtime/24` names. `npm run use-node -- 26` gives them that one,
// whatever the machine has, until the next `npm ci`.
//
// Plain JavaScript that Node 18 can read.
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

const [asked] = process.argv.slice(2)
if (asked || Number.parseInt(process.versions.node, 10) < needed) install(asked ?? String(needed))

function install(major) {
  const folder = join(root, 'runtime', major)
  const npm = process.env.npm_execpath
  if (!npm) giveUp('Let npm run this script.')
  // Without a shell, so that it works alike on Windows.
  const args = [npm, 'ci', '--include=optional', '--no-audit', '--no-fund']
  const { status } = spawnSync(process.execPath, args, {
    cwd: folder,
    stdio: ['ignore', 'ignore', 'inherit'],
  })
  if (status !== 0) giveUp(`npm could not install the one in ${folder}.`)

  const node = nodeIn(join(folder, 'node_modules'))
  if (!node) giveUp('npm has none for this platform.')
  if (spawnSync(node, ['--version']).status !== 0) giveUp(`${node} does not run here.`)
  link(node)
}

/** The path of the Node whose package was installed: npm skips those of other platforms. */
function nodeIn(modules) {
  if (!existsSync(modules)) return
  for (const name of readdirSync(modules)) {
    if (name.startsWith('.')) continue
    const { bin } = JSON.parse(readFileSync(join(modules, name, 'package.json'), 'utf8'))
    return join(modules, name, bin.node)
  }
}

/** Puts it where npm looks first for the programs that scripts call. */
function link(node) {
  const folder = join(root, 'node_modules/.bin')
  mkdirSync(folder, { recursive: true })
  const windows = process.platform === 'win32'
  const path = join(folder, windows ? 'node.exe' : 'node')
  rmSync(path, { force: true })
  if (windows) copyFileSync(node, path)
  else symlinkSync(relative(folder, node), path)
}

function giveUp(why) {
  console.error(
    `Latchkey needs Node ${needed} or newer, and this is Node ${process.versions.node}. ${why} ` +
      'Install Node from https://nodejs.org, then run `npm ci` again.',
  )
  process.exit(1)
}

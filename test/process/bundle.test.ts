import assert from 'node:assert/strict'
import { execFileSync } from 'node:child_process'
import { appendFileSync, readdirSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import { version } from '../../src/config/version.ts'
import { copySources } from '../support/copy-sources.ts'
import {
  createTempFolder,
  runLatchkey,
  startLatchkeyProcess,
  waitUntil,
} from '../support/process.ts'

test('latchkey runs the bundle, and the sources as soon as one of them is newer', async (t) => {
  const copy = copySources(t, 'bin', 'package-lock.json', 'dist/server')
  const options = { main: join(copy, 'bin/latchkey.js'), args: ['--version'] }
  appendFileSync(join(copy, 'dist/server/latchkey.cjs'), "console.log('the bundle')\n")
  const current = await runLatchkey(t, options)
  assert.match(current.stdout, /the bundle/)
  assert.ok(current.stdout.includes(version))

  appendFileSync(join(copy, 'src/config/version.ts'), "console.log('the sources')\n")
  const outdated = await runLatchkey(t, options)
  assert.deepEqual([outdated.code, outdated.stdout], [0, `the sources\n${version}\n`])
})

test('npm start builds nothing as long as nothing has changed', () => {
  const root = join(import.meta.dirname, '../..')
  const builtAt = () =>
    ['dist/server/latchkey.cjs', 'dist/web/done'].map((file) => statSync(join(root, file)).mtimeMs)
  const before = builtAt()
  execFileSync(process.execPath, ['scripts/build.ts'], { cwd: root })
  assert.deepEqual(builtAt(), before)
})

test('a service leaves its compiled code to the next start, even if it is killed', async (t) => {
  const cache = createTempFolder(t)
  const environment = { NODE_COMPILE_CACHE: '', CACHE_DIRECTORY: cache }
  const latchkey = await startLatchkeyProcess(t, { environment })
  await waitUntil(() => readdirSync(cache).length > 0)
  latchkey.kill('SIGKILL')
})

test('a service that can’t write a cache starts without a warning', async (t) => {
  const environment = { NODE_COMPILE_CACHE: '', CACHE_DIRECTORY: '/dev/null/cache' }
  const latchkey = await startLatchkeyProcess(t, { environment })
  const { code, stderr } = await latchkey.stop()
  assert.deepEqual([code, stderr], [0, ''])
})

import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { rmSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import { version } from '../../src/version.ts'
import { copyOfSources } from '../support/copy.ts'
import { runLatchkey, startProcess } from '../support/process.ts'

test('what npm publishes runs without the sources: compiled, with migrations and pages', async (t) => {
  const sources = ['web', 'client', 'scripts', 'tsconfig.build.json', 'package-lock.json']
  const copy = copyOfSources(t, 'bin', ...sources)
  // As `npm pack` does before it packs.
  for (const step of [
    ['scripts/build-pages.ts'],
    ['node_modules/.bin/tsc', '-p', 'tsconfig.build.json'],
  ]) {
    const built = spawnSync(process.execPath, step, { cwd: copy, encoding: 'utf8' })
    assert.equal(built.status, 0, built.stdout + built.stderr)
  }
  for (const part of ['src', 'tsconfig.json', ...sources]) {
    rmSync(join(copy, part), { recursive: true })
  }

  const main = join(copy, 'bin/latchkey.js')
  const said = await runLatchkey(t, { main, args: ['--version'] })
  assert.deepEqual([said.code, said.stdout, said.stderr], [0, `${version}\n`, ''])

  const latchkey = await startProcess(t, { main })
  for (const path of ['/', '/docs', '/docs/errors', '/openapi.json', '/dev/inbox', '/signin']) {
    assert.equal((await fetch(latchkey.origin + path)).status, 200, path)
  }
  const { code, stderr } = await latchkey.stop()
  assert.deepEqual([code, stderr], [0, ''])
})

import assert from 'node:assert/strict'
import { appendFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import { version } from '../../src/config/version.ts'
import { copySources } from '../support/copy-sources.ts'
import { runLatchkey } from '../support/process.ts'

test('latchkey runs the bundle, and the sources as soon as one of them is newer', async (t) => {
  const copy = copySources(t, 'bin', 'package-lock.json', 'dist/server')
  const options = { main: join(copy, 'bin/latchkey.js'), args: ['--version'] }
  appendFileSync(join(copy, 'dist/server/latchkey.js'), "console.log('the bundle')\n")
  const current = await runLatchkey(t, options)
  assert.match(current.stdout, /the bundle/)
  assert.ok(current.stdout.includes(version))

  appendFileSync(join(copy, 'src/config/version.ts'), "console.log('the sources')\n")
  const outdated = await runLatchkey(t, options)
  assert.deepEqual([outdated.code, outdated.stdout], [0, `the sources\n${version}\n`])
})

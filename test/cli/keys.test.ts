import assert from 'node:assert/strict'
import { test } from 'node:test'
import { generateEncryptionKey } from '../../src/config/encryption-key-list.ts'
import { readSettings } from '../../src/config/read-settings.ts'
import { onDatabase } from '../support/latchkey.ts'
import { runLatchkey } from '../support/process.ts'

test('keys new prints a valid encryption key with the requested id', async (t) => {
  for (const [args, id] of [
    [[], /^k20\d{6}$/],
    [['k2'], /^k2$/],
  ] as const) {
    const { code, stdout } = await runLatchkey(t, { args: ['keys', 'new', ...args] })
    assert.equal(code, 0)
    readSettings({ LATCHKEY_ENCRYPTION_KEYS: stdout.trim() })
    assert.match(stdout.split(':')[0] ?? '', id)
  }
  const { code, stdout, stderr } = await runLatchkey(t, { args: ['keys', 'new', 'k:2'] })
  assert.deepEqual([code, stdout], [64, ''])
  assert.match(stderr, /1 to 32 letters/)
})

onDatabase('SQLite', (latchkey) => {
  test('keys rotate prints the change and its schedule, and keys list prints the state of every key', async (t) => {
    const run = (...args: string[]) =>
      runLatchkey(t, { environment: latchkey.environment, args: ['keys', ...args] })
    const list = async () => JSON.parse((await run('list', '--json')).stdout)
    const [firstKey] = (await list()).signingKeys
    assert.deepEqual([firstKey.state, firstKey.retiresAt], ['signing', null])

    const rotated = await run('rotate')
    assert.deepEqual([rotated.code, rotated.stderr], [0, ''])
    const { signingKeys } = await list()
    const [newKey, oldKey] = signingKeys
    assert.deepEqual([newKey.state, oldKey.state, oldKey.id], ['published', 'signing', firstKey.id])
    assert.equal(
      rotated.stdout,
      `${newKey.id} is published and signs from ${newKey.signsFrom} on.\nTokens signed by other keys are accepted until ${oldKey.retiresAt}.\n`,
    )
    const shown = (await run('list')).stdout
    assert.ok(shown.includes(`  ${newKey.id}  published; signs from ${newKey.signsFrom}\n`), shown)
    assert.ok(shown.includes(`; accepted until ${oldKey.retiresAt}\n`), shown)
    assert.match(shown, /^ {2}test {2}primary; \d+ values sealed with it$/m)

    const secondRotation = await run('rotate')
    assert.equal(secondRotation.code, 1)
    assert.match(secondRotation.stdout, new RegExp(`^Nothing changed: ${newKey.id}, .*--now`))
    assert.equal((await list()).signingKeys.length, 2)

    const now = JSON.parse((await run('rotate', '--now', '--json')).stdout)
    assert.deepEqual(
      now.retiring.map(({ id }: { id: string }) => id).sort(),
      [newKey.id, oldKey.id].sort(),
    )
  })

  test('keys list works while a key is missing', async (t) => {
    const environment = {
      ...latchkey.environment,
      LATCHKEY_ENCRYPTION_KEYS: generateEncryptionKey('k9'),
    }
    const { code, stdout } = await runLatchkey(t, { environment, args: ['keys', 'list'] })
    assert.equal(code, 0)
    assert.match(stdout, /^ {2}test {2}primary; \d+ values .*; NOT CONFIGURED HERE$/m)
    assert.match(stdout, /^ {2}k9 {4}not in use: no node has been started with it$/m)
  })
})

import assert from 'node:assert/strict'
import { once } from 'node:events'
import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import { Worker } from 'node:worker_threads'
import { loadDevelopmentKeys } from '../../src/config/development-keys.ts'
import { generateEncryptionKey } from '../../src/config/encryption-key-list.ts'
import { createTempFolder } from '../support/process.ts'

test('loading waits for a key that another process is about to write', async (t) => {
  const folder = join(createTempFolder(t), 'data')
  const file = join(folder, 'encryption-keys')
  const key = generateEncryptionKey('dev')
  mkdirSync(folder)
  // The other process has created the file, but not written it yet.
  writeFileSync(file, '')
  const writer = new Worker(
    `const { parentPort, workerData } = require('node:worker_threads')
     const { writeFileSync } = require('node:fs')
     parentPort.postMessage('ready')
     setTimeout(() => writeFileSync(workerData.file, workerData.key), 50)`,
    { eval: true, workerData: { file, key } },
  )
  const ended = once(writer, 'exit')
  await once(writer, 'message')
  assert.equal(loadDevelopmentKeys(`sqlite:${folder}/latchkey.sqlite`), key)
  await ended
})

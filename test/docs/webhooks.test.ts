/** The webhook receiver of docs/integrate.md. */
import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { symlinkSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import { Webhook } from 'standardwebhooks'
import { codeBlock, codeBlocksIn, readPage, root } from '../support/markdown.ts'
import { startLatchkey } from '../support/outbox.ts'
import { createTempFolder, waitUntil } from '../support/process.ts'
import { findFreePort } from '../support/tcp.ts'
import { generateWebhookSecret, startWebhookReceiver } from '../support/webhook-receiver.ts'

const page = 'docs/integrate.md'

test('the receiver shown processes each event from Latchkey once and rejects forged ones', async (t) => {
  const port = await findFreePort()
  const folder = createTempFolder(t)
  const file = join(folder, 'hooks.mjs')
  writeFileSync(file, codeBlock(page, 'js', '// hooks.mjs').replace('8081', String(port)))
  symlinkSync(join(root, 'node_modules'), join(folder, 'node_modules'))
  const secret = generateWebhookSecret()
  const env = { PATH: process.env.PATH, WEBHOOK_SECRET: secret }
  const receiver = spawn(process.execPath, [file], { env, stdio: ['ignore', 'pipe', 'inherit'] })
  t.after(() => receiver.kill())
  let printed = ''
  receiver.stdout.setEncoding('utf8').on('data', (text) => {
    printed += text
  })
  const url = `http://localhost:${port}`
  const unsigned = () => fetch(url).then(({ status }) => status === 401)
  await waitUntil(() => unsigned().catch(() => false))

  const LATCHKEY_WEBHOOK_URL = `${url}/?secret=${secret}`
  const latchkey = await startLatchkey(t, 'SQLite', { LATCHKEY_WEBHOOK_URL })
  const ada = await latchkey.owner({ mfaMethod: 'email' })
  await ada.delete('/settings/MfaSignIn')
  await waitUntil(() => printed.includes(': mfa.off'))

  const post = async (by: string, type: string, id: string) => {
    const body = JSON.stringify({ type, data: { accountId: 'forged' } })
    const at = new Date()
    const headers = {
      'webhook-id': id,
      'webhook-timestamp': String(Math.floor(at.getTime() / 1000)),
      'webhook-signature': new Webhook(by).sign(id, at, body),
    }
    return (await fetch(url, { method: 'POST', headers, body })).status
  }
  assert.equal(await post(generateWebhookSecret(), 'forged', '1'), 401)
  assert.equal(await post(secret, 'again', '2'), 204)
  assert.equal(await post(secret, 'again', '2'), 204)
  await waitUntil(() => printed.includes(': again'))
  assert.equal(printed.split(': again').length, 2)
  assert.doesNotMatch(printed, /: forged/)
})

test('an event has the fields that the page shows', async (t) => {
  const hook = await startWebhookReceiver(t)
  const latchkey = await startLatchkey(t, 'SQLite', { LATCHKEY_WEBHOOK_URL: hook.url })
  await latchkey.owner()
  const { event } = await waitUntil(() => hook.received[0])
  const found = codeBlocksIn(readPage(page)).find(({ text }) => text.includes('"activityId"'))
  const shown = JSON.parse(found?.text ?? '')
  assert.deepEqual(Object.keys(shown), Object.keys(event))
  assert.deepEqual(Object.keys(shown.data), Object.keys(event.data))
})

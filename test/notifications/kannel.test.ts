import assert from 'node:assert/strict'
import { test } from 'node:test'
import { createSmsTransport } from '../../src/notifications/sms.ts'
import { PermanentDeliveryError, type RenderedMessage } from '../../src/notifications/transport.ts'
import { startKannel } from '../support/kannel.ts'
import { enqueueNotices, findLogLines, startLatchkey } from '../support/outbox.ts'
import { waitUntil } from '../support/process.ts'

const message: RenderedMessage = {
  id: '0198c0de-0000-7000-8000-000000000001',
  to: '+15550101234',
  subject: '',
  text: 'Your code is 493817',
}

test('Kannel delivers every character unchanged', async (t) => {
  const kannel = await startKannel(t)
  if (!kannel) return
  const transport = createSmsTransport({ url: kannel.url, from: '12345' })
  const sevenBits = [
    'Your code is 493817. It costs 5 € & is für Sie + 100 %; ok?',
    'One line\nand another',
    // Two parts, with two-septet characters at the boundary.
    `${'a'.repeat(151)}€€€ ${'{b}'.repeat(20)}`,
    '@£$¥èéùìòÇØøÅåΔ_ΦΓΛΩΠΨΣΘΞÆæßÉ!"#¤%&\'()*+,-./0123456789:;<=>?¡ÄÖÑÜ§¿äöñüà^{}\\[~]|€',
  ]
  const others = [
    // A single character may not fit the 7-bit alphabet.
    'Your code is 493817 ☕',
    'Ваш код 493817',
    'Your code: 493817 👋🏽',
    'Kód: 493817 – platí 10 minút',
    // Two parts, with a surrogate pair at the boundary.
    `${'Код '.repeat(16)}ая👋🏽${' слово'.repeat(10)}`,
  ]

  for (const text of [...sevenBits, ...others]) await transport.send({ ...message, text })

  assert.deepEqual(
    await kannel.delivered(9),
    [...sevenBits, ...others].map((text) => ({
      from: '12345',
      to: message.to,
      text,
      ucs2: others.includes(text),
    })),
  )
})

// Abuse case (Input and output): A line break in an address or a subject added recipients or
// headers.
test('Kannel sends a text to a single number only', async (t) => {
  const kannel = await startKannel(t)
  if (!kannel) return
  const transport = createSmsTransport({ url: kannel.url, from: '12345' })
  for (const to of ['+15550101234 +15550109999', '+15550101234\n', '+15550101234,1', '12345', '']) {
    await assert.rejects(
      transport.send({ ...message, to }),
      PermanentDeliveryError,
      JSON.stringify(to),
    )
  }
  await transport.send(message)

  assert.deepEqual(
    (await kannel.delivered(1)).map(({ to }) => to),
    [message.to],
  )
})

test('a wrong password or missing sender for Kannel is a retryable error', async (t) => {
  const kannel = await startKannel(t)
  if (!kannel) return
  const url = kannel.url.replace('latchkey:', 'latchkey:not-')
  for (const [transport, status] of [
    [createSmsTransport({ url, from: '12345' }), 403],
    [createSmsTransport({ url: kannel.url, from: undefined }), 400],
  ] as const) {
    await assert.rejects(transport.send(message), (error: Error) => {
      assert.ok(!(error instanceof PermanentDeliveryError))
      assert.equal(error.message, `Kannel did not accept the text (${status}).`)
      assert.equal(error.cause, undefined)
      return true
    })
  }
})

test('a text waits while Kannel is down and is sent once when it is up again', async (t) => {
  const kannel = await startKannel(t)
  if (!kannel) return
  const latchkey = await startLatchkey(t, 'SQLite', {
    LATCHKEY_SMS_URL: kannel.url,
    LATCHKEY_SMS_FROM: '12345',
  })
  await kannel.stopSmsbox()
  await enqueueNotices(latchkey, 1, { channel: 'sms', recipient: message.to })
  const { reason } = await waitUntil(() => findLogLines(latchkey, 'message not sent yet')[0])
  assert.match(reason, /ECONNREFUSED/)
  await kannel.startSmsbox()
  await waitUntil(() => findLogLines(latchkey, 'message sent')[0])
  await enqueueNotices(latchkey, 1, { channel: 'sms', recipient: '+15550109999' })
  const shown = await kannel.delivered(2)
  assert.deepEqual(
    shown.map(({ to }) => to),
    [message.to, '+15550109999'],
  )
})

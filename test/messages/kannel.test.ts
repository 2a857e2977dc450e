import assert from 'node:assert/strict'
import { test } from 'node:test'
import { type Outgoing, Undeliverable } from '../../src/messages/gateway.ts'
import { smsGateway } from '../../src/messages/sms.ts'
import { startKannel, withoutKannel } from '../support/kannel.ts'

const message: Outgoing = {
  id: '0198c0de-0000-7000-8000-000000000001',
  to: '+15550101234',
  subject: '',
  text: 'Your code is 493817',
}

test('Kannel hands on every letter as it was written', { skip: withoutKannel }, async (t) => {
  const kannel = await startKannel(t)
  const gateway = smsGateway({ url: kannel.url, from: '12345' })
  const sevenBits = [
    'Your code is 493817. It costs 5 € & is für Sie + 100 %; ok?',
    'One line\nand another',
    '@£$¥èéùìòÇØøÅåΔ_ΦΓΛΩΠΨΣΘΞÆæßÉ!"#¤%&\'()*+,-./0123456789:;<=>?¡ÄÖÑÜ§¿äöñüà^{}\\[~]|€',
  ]
  const others = [
    'Ваш код 493817',
    'Your code: 493817 👋🏽',
    'Kód: 493817 – platí 10 minút',
    // Longer than one text, with a letter of two halves where it is cut.
    `${'Код '.repeat(16)}ая👋🏽${' слово'.repeat(10)}`,
  ]

  for (const text of [...sevenBits, ...others]) await gateway.send({ ...message, text })

  assert.deepEqual(
    await kannel.shown(7),
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
test('Kannel texts one number alone', { skip: withoutKannel }, async (t) => {
  const kannel = await startKannel(t)
  const gateway = smsGateway({ url: kannel.url, from: '12345' })
  for (const to of ['+15550101234 +15550109999', '+15550101234\n', '+15550101234,1', '12345', '']) {
    await assert.rejects(gateway.send({ ...message, to }), Undeliverable, JSON.stringify(to))
  }
  await gateway.send(message)

  assert.deepEqual(
    (await kannel.shown(1)).map(({ to }) => to),
    [message.to],
  )
})

test('a wrong password or a missing sender is a setting, so Kannel is asked again', {
  skip: withoutKannel,
}, async (t) => {
  const kannel = await startKannel(t)
  const url = kannel.url.replace('latchkey:', 'latchkey:not-')
  for (const [gateway, status] of [
    [smsGateway({ url, from: '12345' }), 403],
    [smsGateway({ url: kannel.url, from: undefined }), 400],
  ] as const) {
    await assert.rejects(gateway.send(message), (error: Error) => {
      assert.ok(!(error instanceof Undeliverable))
      assert.equal(error.message, `Kannel did not take the text (${status}).`)
      assert.equal(error.cause, undefined)
      return true
    })
  }
})

import assert from 'node:assert/strict'
import type { Socket } from 'node:net'
import { test } from 'node:test'
import { onEachDatabase } from '../support/latchkey.ts'
import { enqueueNotices, startLatchkey } from '../support/outbox.ts'
import { waitUntil } from '../support/process.ts'
import { sendRaw } from '../support/raw-http.ts'
import { startSmtpServer } from '../support/smtp-server.ts'
import { startTcpServer } from '../support/tcp.ts'

const password = 'a long sentence of hers'

onEachDatabase((latchkey) => {
  test('messages are listed newest first, emails with HTML and texts without', async () => {
    const ada = await latchkey.owner({ mfaMethod: 'sms' })
    const mail = await latchkey.inbox(ada.email)
    assert.deepEqual(
      mail.map(({ subject }) => subject.replace(/[0-9]{6}/, '……')),
      ['Your second step for Latchkey is on', '…… is your Latchkey code'],
    )
    for (const { channel, to, text, html, sentAt } of mail) {
      assert.deepEqual([channel, to], ['email', ada.email])
      assert.match(html ?? '', /^<!doctype html>/)
      assert.ok(text.length > 0)
      assert.ok(Math.abs(Date.parse(sentAt) - Date.now()) < 60_000)
    }
    const [text, ...more] = await latchkey.inbox(ada.phoneNumber)
    assert.deepEqual(more, [])
    assert.deepEqual([text?.channel, text?.to, text?.html], ['sms', ada.phoneNumber, undefined])

    const all = (await latchkey.get('/dev/Messages')).body.messages
    const ids = all.map(({ id }: { id: string }) => id)
    assert.deepEqual(ids, [...ids].sort().reverse())
    assert.deepEqual(new Set(all.slice(0, 3).map(({ to }: { to: string }) => to)).size, 2)
  })

  test('messages survive a restart', async () => {
    const ada = await latchkey.owner({ mfaMethod: 'sms' })
    const before = [await latchkey.inbox(ada.email), await latchkey.inbox(ada.phoneNumber)]
    await latchkey.restart()
    const after = [await latchkey.inbox(ada.email), await latchkey.inbox(ada.phoneNumber)]
    assert.deepEqual(after, before)
  })

  test('a message that another node has claimed is already listed', async () => {
    const recipient = '+14155550124'
    const [id] = await enqueueNotices(latchkey, 1, {
      channel: 'sms',
      recipient,
      nextAttemptAt: Date.now() + 20_000,
    })
    const [message] = await latchkey.inbox(recipient)
    assert.equal(message?.id, id)
  })

  test('the newest two hundred messages are listed, for all recipients or for one', async () => {
    const ada = await latchkey.owner()
    const recipient = '+14155550123'
    const ids = await enqueueNotices(latchkey, 205, { channel: 'sms', recipient })
    const { messages } = (await latchkey.get('/dev/Messages')).body
    const newest = ids.toReversed().slice(0, 200)
    assert.deepEqual(
      messages.map(({ id }: { id: string }) => id),
      newest,
    )
    assert.deepEqual(
      (await latchkey.inbox(recipient)).map(({ id }) => id),
      newest,
    )
    // Ada's email is older than all of those, and still listed.
    assert.equal((await latchkey.inbox(ada.email)).length, 1)
    assert.deepEqual(await latchkey.inbox('nobody@example.com'), [])
  })
})

// Abuse case (Input and output): A web page read development tools by a host name that resolved to the
// developer’s machine (DNS rebinding).
test('messages are listed only for the public URL’s host and loopback', async (t) => {
  const latchkey = await startLatchkey(t, 'SQLite', {
    LATCHKEY_PUBLIC_URL: 'https://accounts.example.com',
  })
  const statusFor = async (...headers: string[]) => {
    const lines = ['GET /dev/Messages HTTP/1.1', 'Connection: close', ...headers, '', '']
    return (await sendRaw(latchkey, lines.join('\r\n'))).status
  }
  const port = latchkey.environment.LATCHKEY_PORT
  for (const host of [
    'accounts.example.com',
    'ACCOUNTS.example.com:8443',
    'localhost',
    `localhost:${port}`,
    `127.0.0.1:${port}`,
    '127.1.2.3',
    `[::1]:${port}`,
  ]) {
    assert.equal(await statusFor(`Host: ${host}`), 200, host)
  }
  // A web page’s own host name, which resolves to 127.0.0.1 (DNS rebinding).
  for (const host of [
    'evil.example',
    `evil.example:${port}`,
    'evil.accounts.example.com',
    'accounts.example.com.evil.example',
    'localhost.evil.example',
    '127.0.0.1.evil.example',
    '192.0.2.1',
    '[2001:db8::1]',
    'http://localhost',
  ]) {
    assert.equal(await statusFor(`Host: ${host}`), 404, host)
    const forwarded = ['X-Forwarded-Host: localhost', 'Forwarded: host=localhost']
    assert.equal(await statusFor(`Host: ${host}`, ...forwarded), 404, `${host}, forwarded`)
  }
})

test('with a mail server but no SMS provider, only texts are captured', async (t) => {
  const smtp = await startSmtpServer(t)
  const latchkey = await startLatchkey(t, 'SQLite')
  const ada = await latchkey.owner({ mfaMethod: 'sms' })
  await latchkey.restart({
    LATCHKEY_SMTP_URL: `smtp://127.0.0.1:${smtp.port}`,
    LATCHKEY_MAIL_FROM: 'no-reply@acme.example',
  })
  await latchkey.post('/auth/SignUp', { email: 'bea@example.com', password })
  await waitUntil(() => smtp.received.some(({ to }) => to.includes('bea@example.com')))
  assert.equal((await ada.signIn()).body.status, 'mfaRequired')
  const { messages } = (await latchkey.get('/dev/Messages')).body
  assert.deepEqual(
    messages.map(({ to }: { to: string }) => to),
    [ada.phoneNumber, ada.phoneNumber],
  )

  // Emails that were sent by the server are not listed later, without it.
  await latchkey.restart({ LATCHKEY_SMTP_URL: '' })
  assert.deepEqual(await latchkey.inbox('bea@example.com'), [])
})

test('the inbox opens while a mail server does not respond', async (t) => {
  const held: Socket[] = []
  let released = false
  const silent = await startTcpServer(t, (socket) => {
    socket.on('error', () => {})
    if (released) socket.destroy()
    else held.push(socket)
  })
  const latchkey = await startLatchkey(t, 'SQLite', {
    LATCHKEY_SMTP_URL: `smtp://127.0.0.1:${silent}`,
    LATCHKEY_MAIL_FROM: 'no-reply@acme.example',
  })
  const to = { channel: 'email', recipient: 'ada@example.com' } as const
  await enqueueNotices(latchkey, 1, to)
  await waitUntil(() => held.length > 0)
  assert.deepEqual((await latchkey.get('/dev/Messages')).body.messages, [])
  // The connection is still open, and delivery has not given up yet.
  assert.equal(held.length, 1)
  assert.ok(!held[0]?.closed)
  assert.ok(!latchkey.log.includes('message not sent yet'))
  released = true
  for (const socket of held) socket.destroy()
})

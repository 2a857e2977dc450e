/** The probes of mail servers and SMS providers, as `latchkey doctor` uses them. */
import assert from 'node:assert/strict'
import { createServer } from 'node:http'
import { test } from 'node:test'
import { probeSms } from '../../src/notifications/sms-probe.ts'
import { probeSmtp } from '../../src/notifications/smtp-probe.ts'
import { startSmtpServer } from '../support/smtp-server.ts'
import { startTcpServer } from '../support/tcp.ts'

test('the SMTP probe names the step that failed', async (t) => {
  const from = 'no-reply@acme.example'
  const plain = await startSmtpServer(t)
  const at = (port: number, tls = 'off') => ({
    smtpUrl: `smtp://127.0.0.1:${port}?tls=${tls}`,
    from,
    timeoutMs: 500,
  })
  assert.deepEqual(await probeSmtp(at(plain.port)), { accepted: true, to: from, encrypted: false })
  assert.deepEqual([plain.recipients, plain.received], [[from], []])

  for (const [to, step] of [
    ['MAIL FROM', 'sender'],
    ['RCPT TO', 'recipient'],
  ] as const) {
    plain.refusal = { to, code: 550, text: '5.7.1 we relay for nobody' }
    const result = await probeSmtp(at(plain.port))
    assert.deepEqual(result, { accepted: false, step, message: '550 5.7.1 we relay for nobody' })
  }
  const noTls = await probeSmtp(at(plain.port, 'on'))
  assert.ok(
    !noTls.accepted && noTls.step === 'connect' && /STARTTLS/.test(noTls.message),
    JSON.stringify(noTls),
  )
  const dead = await probeSmtp(at(1))
  assert.ok(!dead.accepted && /ECONNREFUSED/.test(dead.message), JSON.stringify(dead))
  const silent = await startTcpServer(t, (socket) => t.after(() => socket.destroy()))
  const hung = await probeSmtp(at(silent))
  assert.ok(!hung.accepted && /no answer within 0\.5 s/.test(hung.message), JSON.stringify(hung))
  const rude = await startTcpServer(t, (socket) => socket.destroy())
  const cut = await probeSmtp(at(rude))
  assert.ok(!cut.accepted && cut.step === 'connect', JSON.stringify(cut))
})

test('the SMS probe connects to the provider and verifies the account at Twilio', async (t) => {
  const requestLines: (string | undefined)[] = []
  const twilio = createServer((request, response) => {
    requestLines.push(`${request.method} ${request.url}`)
    const right = `Basic ${Buffer.from('AC1:right').toString('base64')}`
    response.writeHead(request.headers.authorization === right ? 200 : 401).end('{}')
  })
  await new Promise<void>((listening) => twilio.listen(0, '127.0.0.1', listening))
  t.after(() => twilio.close())
  const { port } = twilio.address() as { port: number }
  const well = await probeSms(`twilio://AC1:right@127.0.0.1:${port}`)
  assert.deepEqual([well.reachable, well.authenticated], [true, true])
  const wrong = await probeSms(`twilio://AC1:wrong@127.0.0.1:${port}`)
  assert.deepEqual([wrong.reachable, wrong.authenticated], [true, false])
  assert.deepEqual(requestLines, Array(2).fill('GET /2010-04-01/Accounts/AC1.json'))

  const kannel = await probeSms(`kannel+http://a:b@127.0.0.1:${port}/cgi-bin/sendsms`)
  assert.deepEqual([kannel.reachable, kannel.authenticated], [true, undefined])
  assert.match(
    (await probeSms('http://127.0.0.1:1/?secret=s')).message,
    /127\.0\.0\.1:1 can’t be reached \(ECONNREFUSED\)/,
  )
  // A server without TLS, and a silent one.
  assert.equal((await probeSms(`https://127.0.0.1:${port}/?secret=s`)).reachable, false)
  const silent = await startTcpServer(t, (socket) => t.after(() => socket.destroy()))
  assert.match(
    (await probeSms(`https://127.0.0.1:${silent}/?secret=s`, 200)).message,
    /no answer within/,
  )
})

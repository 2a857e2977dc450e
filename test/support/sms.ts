/** What tests of the SMS gateways have in common. */
import assert from 'node:assert/strict'
import { once } from 'node:events'
import { createServer, type IncomingHttpHeaders } from 'node:http'
import type { AddressInfo } from 'node:net'
import { text as textOf } from 'node:stream/consumers'
import type { TestContext } from 'node:test'
import { setTimeout as sleep } from 'node:timers/promises'
import type { Outgoing } from '../../src/messages/gateway.ts'
import { smsGateway } from '../../src/messages/sms.ts'

export const message: Outgoing = {
  id: '0198c0de-0000-7000-8000-000000000001',
  to: '+15550101234',
  subject: '',
  text: 'Your code is 493817 – ключ 🔑 & "more"',
}
export const smsSecret = 'whsec+/=%&#'
export const smsToken = 'tok&en/+%'

/** One request. */
export interface Asked {
  line: string
  headers: IncomingHttpHeaders
  body: string
}

/** What it is answered with. */
export interface Answer {
  status: number
  body?: string
  headers?: Record<string, string>
  lateMs?: number
}

/** A provider on this machine, which notes what it is asked and answers as it is told. */
export async function startProvider(t: TestContext, answer: Answer | 'silence' | 'half') {
  const asked: Asked[] = []
  const server = createServer(async (request, response) => {
    const { method, url, headers } = request
    asked.push({ line: `${method} ${url}`, headers, body: await textOf(request) })
    if (answer === 'silence') return
    if (answer === 'half') return response.writeHead(200).write('{')
    await sleep(answer.lateMs)
    response.writeHead(answer.status, answer.headers).end(answer.body)
  })
  await once(server.listen(0, '127.0.0.1'), 'listening')
  t.after(() => {
    server.close()
    server.closeAllConnections()
  })
  const host = `127.0.0.1:${(server.address() as AddressInfo).port}`
  return {
    asked,
    signedPost: `http://${host}/texts?tenant=7&secret=${encodeURIComponent(smsSecret)}`,
    twilio: `twilio://AC0123:${encodeURIComponent(smsToken)}@${host}`,
    kannel: `kannel+http://kannel:${encodeURIComponent(smsToken)}@${host}/cgi-bin/sendsms`,
  }
}

/** A gateway that does not wait for long. */
export function openSms(url: string, from: string | undefined = '+15550100000') {
  return smsGateway({ url, from, waitMs: 300 })
}

/** What sending fails with. It is always an error that may be logged, whatever was answered. */
export async function failureOf(sending: Promise<void>): Promise<Error> {
  const error = await sending.then(
    () => assert.fail('The text was taken.'),
    (reason: unknown) => reason,
  )
  assert.ok(error instanceof Error)
  const logged = JSON.stringify({ ...error, text: String(error.stack), cause: String(error.cause) })
  for (const hidden of [
    '5550101234',
    '493817',
    smsSecret,
    encodeURIComponent(smsSecret),
    smsToken,
    'AC0123',
  ]) {
    assert.ok(!logged.includes(hidden), `${hidden} stands in: ${logged}`)
  }
  return error
}

/** Shared parts of SMS tests. */
import type { IncomingHttpHeaders } from 'node:http'
import { text as textOf } from 'node:stream/consumers'
import type { TestContext } from 'node:test'
import { setTimeout as sleep } from 'node:timers/promises'
import { createSmsTransport } from '../../src/notifications/sms.ts'
import type { RenderedMessage } from '../../src/notifications/transport.ts'
import { loggableErrorOf } from './delivery-error.ts'
import { startHttpServer } from './tcp.ts'

export const sampleSms: RenderedMessage = {
  id: '0198c0de-0000-7000-8000-000000000001',
  to: '+15550101234',
  subject: '',
  text: 'Your code is 493817 – ключ 🔑 & "more"',
}
export const smsSecret = 'whsec+/=%&#'
export const smsToken = 'tok&en/+%'

/** A request to the provider. */
export interface ReceivedRequest {
  requestLine: string
  headers: IncomingHttpHeaders
  body: string
}

/** The provider’s response. */
export interface ProviderResponse {
  status: number
  body?: string
  headers?: Record<string, string>
  delayMs?: number
}

/** Starts a local SMS provider that records requests and responds as scripted. */
export async function startSmsProvider(
  t: TestContext,
  reply: ProviderResponse | 'silence' | 'half',
) {
  const requests: ReceivedRequest[] = []
  const port = await startHttpServer(t, async (request, response) => {
    const { method, url, headers } = request
    requests.push({ requestLine: `${method} ${url}`, headers, body: await textOf(request) })
    if (reply === 'silence') return
    if (reply === 'half') return response.writeHead(200).write('{')
    await sleep(reply.delayMs)
    response.writeHead(reply.status, reply.headers).end(reply.body)
  })
  const host = `127.0.0.1:${port}`
  return {
    requests,
    signedPost: `http://${host}/texts?tenant=7&secret=${encodeURIComponent(smsSecret)}`,
    twilio: `twilio://AC0123:${encodeURIComponent(smsToken)}@${host}`,
    kannel: `kannel+http://kannel:${encodeURIComponent(smsToken)}@${host}/cgi-bin/sendsms`,
  }
}

/** Opens a transport. @param options.timeoutMs short for providers that never answer in full */
export function openSmsTransport(
  url: string,
  { from = '+15550100000', timeoutMs = 10_000 }: { from?: string; timeoutMs?: number } = {},
) {
  return createSmsTransport({ url, from, timeoutMs })
}

/** The error of a text message that was not sent. */
export function deliveryErrorOf(sending: Promise<void>): Promise<Error> {
  const recipient = ['5550101234', '493817']
  return loggableErrorOf(sending, [
    ...recipient,
    ...[smsSecret, encodeURIComponent(smsSecret), smsToken, 'AC0123'],
  ])
}

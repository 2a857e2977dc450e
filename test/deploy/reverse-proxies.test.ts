/** Latchkey over HTTPS, behind nginx and Caddy with the configurations of deploy/. */
import assert from 'node:assert/strict'
import { createServer, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { join } from 'node:path'
import { type TestContext, test } from 'node:test'
import { generateEncryptionKey } from '../../src/config/encryption-key-list.ts'
import { fetchFrom } from '../support/fetch-from.ts'
import {
  createTempFolder,
  type LatchkeyProcess,
  startLatchkeyProcess,
  waitUntil,
} from '../support/process.ts'
import {
  host,
  type ProxyName,
  proxyNames,
  type ReverseProxy,
  skipReason,
  startProxy,
} from '../support/reverse-proxies.ts'
import { parseMailParts, startSmtpServer } from '../support/smtp-server.ts'

const password = 'correct horse battery'
const page = { origin: `https://${host}`, 'latchkey-session': 'cookie' }

for (const name of proxyNames) {
  test(`Latchkey behind ${name}`, { skip: await skipReason(name) }, async (t) => {
    const deployment = await startDeployment(t, name)

    // Abuse case (Guessing): A forged `X-Forwarded-For` gave every guess a different address
    // (teamhanko/hanko #2739).
    await t.test(`the client address is the one that ${name} saw`, async () => {
      const email = 'ada@example.com'
      await deployment.signUp(email)
      const signIn = (from: string, i: number, given: string) =>
        deployment.proxy.sendRequest('/auth/SignIn', {
          method: 'POST',
          headers: { 'x-forwarded-for': `203.0.113.${i}`, 'x-real-ip': `203.0.113.${i}` },
          body: { email, password: given },
          from,
        })
      for (let i = 0; i < 10; i++) assert.equal((await signIn('127.0.0.5', i, 'wrong')).status, 401)
      assert.equal((await signIn('127.0.0.5', 10, 'wrong')).status, 429)

      const right = await signIn('127.0.0.6', 11, password)
      assert.equal(right.status, 200)
      const headers = { authorization: `Bearer ${JSON.parse(right.text).accessToken}` }
      const { activity } = JSON.parse(
        (await deployment.proxy.sendRequest('/settings/Activity', { headers })).text,
      )
      const [last, failed] = activity as { ipAddress: string }[]
      assert.deepEqual([last?.ipAddress, failed?.ipAddress], ['127.0.0.6', '127.0.0.5'])
    })

    // Abuse case (Input and output): Links in messages were built from the `Host` header
    // (CVE-2023-49097, CVE-2025-64101, GHSA-93m4-mfpg-c3xf).
    await t.test(
      'a page’s session is in secure cookies, and links in emails use the public URL',
      async () => {
        const { proxy, signUp, mailTo } = deployment
        const signedUp = await signUp('grace@example.com')
        const [cookie = ''] = signedUp.allHeaders['set-cookie'] ?? []
        assert.match(cookie, /^__Host-latchkey=\S+; Path=\/; .*HttpOnly; SameSite=Strict; Secure$/)
        // Only Latchkey sets this header.
        assert.equal(signedUp.allHeaders['strict-transport-security']?.length, 1)

        const headers = { ...page, cookie: cookie.split(';')[0] ?? '' }
        const refreshed = await proxy.sendRequest('/auth/Refresh', { method: 'POST', headers })
        assert.equal(refreshed.status, 200)

        const body = { currentPassword: password, newPassword: 'horse battery correct' }
        const changed = await proxy.sendRequest('/settings/Password', {
          method: 'PUT',
          headers: {
            authorization: `Bearer ${JSON.parse(refreshed.text).accessToken}`,
            'x-forwarded-host': 'evil.example',
            forwarded: 'host=evil.example',
          },
          body,
        })
        assert.equal(changed.status, 200, changed.text)
        const links = (await mailTo('grace@example.com', 2)).match(/https?:\/\/[^/\s]+/g) ?? []
        assert.deepEqual([...new Set(links)], [`https://${host}`])
      },
    )

    // Abuse case (Input and output): An oversized body made the proxy mark a healthy node as
    // failed, for everyone.
    await t.test('an oversized body is rejected, and other requests are unaffected', async () => {
      for (const kilobytes of [17, 60, 200]) {
        const body = { email: 'x'.repeat(kilobytes * 1024) }
        const large = await deployment.proxy.sendRequest('/auth/SignIn', { method: 'POST', body })
        assert.equal(large.status, 413, `${kilobytes} kB`)
        assert.equal((await deployment.proxy.sendRequest('/health/ready')).status, 200)
      }
    })

    await t.test('while one node restarts, the other answers every request', async (t) => {
      const { proxy, nodes } = deployment
      const assertResponds = async () => {
        for (let i = 0; i < 4; i++) {
          assert.equal((await proxy.sendRequest('/health/ready')).status, 200)
          const body = { refreshToken: 'of nobody' }
          const refreshed = await proxy.sendRequest('/auth/Refresh', { method: 'POST', body })
          assert.equal(refreshed.status, 401, refreshed.text)
        }
      }
      await assertResponds()
      for (const { folder, environment, ...node } of nodes.map(restartNode)) {
        await node.stop()
        await assertResponds()
        await startLatchkeyProcess(t, { folder, environment })
      }
      await assertResponds()
    })

    await t.test(`${name} redirects http to https and nowhere else`, async () => {
      const redirect = await fetchFrom('127.0.0.1')(
        `http://127.0.0.1:${deployment.proxy.httpPort}/signin?returnTo=a`,
        { method: 'GET', headers: { host } },
      )
      assert.ok([301, 308].includes(redirect.status))
      assert.match(
        redirect.headers.get('location') ?? '',
        new RegExp(`^https://${host}(:\\d+)?/signin\\?returnTo=a$`),
      )
    })

    await t.test(
      `${name} sends a request to a second node only if the first never received it`,
      async (t) => {
        const [lost, other] = [await startStubNode(t), await startStubNode(t)]
        const proxy = await startProxy(t, name, [lost.port, other.port])
        lost.answer = (response) => response.destroy()
        let sent = 0
        while (lost.requests === 0 && sent < 50) {
          sent += 1
          const { status } = await proxy.sendRequest('/auth/SignIn', { method: 'POST', body: {} })
          assert.equal(status, lost.requests === 0 ? 200 : 502)
        }
        assert.deepEqual([lost.requests, other.requests], [1, sent - 1])
      },
    )

    await t.test(
      `${name} switches to other nodes without dropping a running request`,
      async (t) => {
        const [old, next] = [await startStubNode(t), await startStubNode(t)]
        const proxy = await startProxy(t, name, [old.port])
        let held: ServerResponse | undefined
        old.answer = (response) => {
          held = response
        }
        const running = proxy.sendRequest('/auth/SignIn', { method: 'POST', body: {} })
        await waitUntil(() => held)
        old.answer = (response) => response.end('old')

        await proxy.reload([next.port])
        await waitUntil(async () => (await proxy.sendRequest('/health/ready')).text === 'ok')
        held?.end('at last')
        assert.equal((await running).text, 'at last')
      },
    )
  })
}

/** Latchkey in production: two nodes, a mail server, and a proxy in front. */
async function startDeployment(t: TestContext, name: ProxyName) {
  const smtp = await startSmtpServer(t)
  const environment = {
    LATCHKEY_MODE: 'production',
    LATCHKEY_PUBLIC_URL: `https://${host}`,
    LATCHKEY_DATABASE_URL: `sqlite:${join(createTempFolder(t), 'latchkey.sqlite')}`,
    LATCHKEY_ENCRYPTION_KEYS: generateEncryptionKey('k1'),
    LATCHKEY_SMTP_URL: `smtp://127.0.0.1:${smtp.port}`,
    LATCHKEY_MAIL_FROM: 'no-reply@example.com',
    LATCHKEY_MFA_METHODS: 'passkey,authenticator,email',
    LATCHKEY_TRUST_PROXY: '127.0.0.1',
  }
  const nodes = await Promise.all([1, 2].map(() => startLatchkeyProcess(t, { environment })))
  const ports = nodes.map(({ port }) => port)
  const proxy: ReverseProxy = await startProxy(t, name, ports)

  /** The text of an email to an address. @param which its position, counted from 1 */
  async function mailTo(address: string, which: number): Promise<string> {
    const mail = await waitUntil(
      () => smtp.received.filter(({ to }) => to.includes(address))[which - 1],
    )
    return parseMailParts(mail.raw)[0]?.content ?? ''
  }

  async function signUp(email: string) {
    const body = { email, password }
    const call = { method: 'POST', headers: page }
    const begun = await proxy.sendRequest('/auth/SignUp', { ...call, body })
    assert.equal(begun.status, 202, begun.text)
    const [code] = /\d{6}/.exec(await mailTo(email, 1)) ?? []
    const { signUpToken } = JSON.parse(begun.text)
    const proof = { signUpToken, code }
    const ended = await proxy.sendRequest('/auth/SignUp/Verify', { ...call, body: proof })
    assert.equal(ended.status, 201, ended.text)
    return ended
  }
  return { proxy, nodes, mailTo, signUp }
}

/** The folder and environment of a node, to start it again after `stop`. */
function restartNode(node: LatchkeyProcess) {
  const { folder, environment } = node
  return { folder, environment, stop: () => node.stop() }
}

/** A stub of a node that answers `ok`, or with `answer`. */
async function startStubNode(t: TestContext) {
  const node = {
    port: 0,
    /** Requests received. */
    requests: 0,
    answer: (response: ServerResponse): void => void response.end('ok'),
  }
  const server = createServer((request, response) => {
    node.requests += 1
    request.resume().on('end', () => node.answer(response))
  })
  t.after(() => {
    server.close()
    server.closeAllConnections()
  })
  await new Promise<void>((listening) => server.listen(0, '127.0.0.1', listening))
  node.port = (server.address() as AddressInfo).port
  return node
}

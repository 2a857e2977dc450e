/** Latchkey behind the nginx and the Caddy of deploy/, as people reach it: by HTTPS. */
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

    // Abuse case (Guessing): A forged `X-Forwarded-For` made every guess come from somewhere else
    // (teamhanko/hanko #2739).
    await t.test(`the address that counts is the one that ${name} saw`, async () => {
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

    // Abuse case (Input and output): Links in messages were made from the `Host` header
    // (CVE-2023-49097, CVE-2025-64101, GHSA-93m4-mfpg-c3xf).
    await t.test('a session of a page is in secure cookies, and mail leads home', async () => {
      const { proxy, signUp, mailTo } = deployment
      const signedUp = await signUp('grace@example.com')
      const [cookie = ''] = signedUp.allHeaders['set-cookie'] ?? []
      assert.match(cookie, /^__Host-latchkey=\S+; Path=\/; .*HttpOnly; SameSite=Strict; Secure$/)
      // Said once, by Latchkey.
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
    })

    // Abuse case (Input and output): A body that was too large had the proxy take a node for broken,
    // and away from everybody.
    await t.test('what is too large is refused, and nobody else notices', async () => {
      for (const kilobytes of [17, 60, 200]) {
        const body = { email: 'x'.repeat(kilobytes * 1024) }
        const large = await deployment.proxy.sendRequest('/auth/SignIn', { method: 'POST', body })
        assert.equal(large.status, 413, `${kilobytes} kB`)
        assert.equal((await deployment.proxy.sendRequest('/health/ready')).status, 200)
      }
    })

    await t.test('while one node starts anew the other answers everything', async (t) => {
      const { proxy, nodes } = deployment
      const askEverything = async () => {
        for (let i = 0; i < 4; i++) {
          assert.equal((await proxy.sendRequest('/health/ready')).status, 200)
          const body = { refreshToken: 'of nobody' }
          const refreshed = await proxy.sendRequest('/auth/Refresh', { method: 'POST', body })
          assert.equal(refreshed.status, 401, refreshed.text)
        }
      }
      await askEverything()
      for (const { folder, environment, ...node } of nodes.map(restartNode)) {
        await node.stop()
        await askEverything()
        await startLatchkeyProcess(t, { folder, environment })
      }
      await askEverything()
    })

    await t.test(`${name} leads from http to https, and to nowhere else`, async () => {
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
      `${name} sends a call to a second node only if the first never got it`,
      async (t) => {
        const [lost, other] = [await standIn(t), await standIn(t)]
        const proxy = await startProxy(t, name, [lost.port, other.port])
        lost.answer = (response) => response.destroy()
        let asked = 0
        while (lost.asked === 0 && asked < 50) {
          asked += 1
          const { status } = await proxy.sendRequest('/auth/SignIn', { method: 'POST', body: {} })
          assert.equal(status, lost.asked === 0 ? 200 : 502)
        }
        assert.deepEqual([lost.asked, other.asked], [1, asked - 1])
      },
    )

    await t.test(`${name} takes other nodes without letting go of a running call`, async (t) => {
      const [old, next] = [await standIn(t), await standIn(t)]
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
    })
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

  /** What the mail said that came as that one of all to this address, counted from 1. */
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
    const ended = await proxy.sendRequest('/auth/SignUp/Verify', { ...call, body: { email, code } })
    assert.equal(ended.status, 201, ended.text)
    return ended
  }
  return { proxy, nodes, mailTo, signUp }
}

/** What it takes to start that node anew: the same folder, port and settings. */
function restartNode(node: LatchkeyProcess) {
  const { folder, environment } = node
  return { folder, environment, stop: () => node.stop() }
}

/** What stands in the place of a node: it answers `ok`, or as it is told. */
async function standIn(t: TestContext) {
  const node = {
    port: 0,
    /** Calls that it got. */
    asked: 0,
    answer: (response: ServerResponse): void => void response.end('ok'),
  }
  const server = createServer((request, response) => {
    node.asked += 1
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

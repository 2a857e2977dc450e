/** Production mode disables the development tools and works with a real mail server. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { setTimeout as pause } from 'node:timers/promises'
import { decodeToken as claimsOf } from '../support/forge-token.ts'
import { TestLatchkey } from '../support/latchkey.ts'
import { operations } from '../support/openapi.ts'
import { parseMailParts, startSmtpServer } from '../support/smtp-server.ts'

const publicUrl = 'https://accounts.example.com'

test('in production no development route exists, and everything else works', async (t) => {
  const smtp = await startSmtpServer(t)
  const latchkey = new TestLatchkey('SQLite', {
    LATCHKEY_MODE: 'production',
    LATCHKEY_PUBLIC_URL: publicUrl,
    LATCHKEY_SMTP_URL: `smtp://127.0.0.1:${smtp.port}`,
    LATCHKEY_MAIL_FROM: 'Example <no-reply@example.com>',
    LATCHKEY_MFA_METHODS: 'authenticator,email',
    LATCHKEY_TRUST_PROXY: 'off',
  })
  await latchkey.start()
  t.after(() => latchkey.stop())

  await t.test('the dev inbox is a 404', async () => {
    for (const path of ['/dev', '/dev/', '/dev/inbox', '/dev/Messages', '/dev/Messages?to=a']) {
      for (const method of ['GET', 'POST', 'DELETE']) {
        const { status, body } = await latchkey.request(method, path)
        assert.equal(`${status} ${body.code}`, '404 not_found', `${method} ${path}`)
      }
    }
  })

  await t.test('no page and no document mentions the dev inbox', async () => {
    assert.ok((await operations(latchkey)).every(({ path }) => !path.startsWith('/dev')))
    for (const path of ['/', '/docs', '/openapi.json']) {
      const text = await (await fetch(latchkey.origin + path)).text()
      assert.doesNotMatch(text, /dev\/|localhost:/i, path)
    }
  })

  await t.test('every response requires HTTPS in browsers, also at unknown paths', async () => {
    for (const path of ['/', '/docs', '/health/live', '/settings/MfaSignIn', '/nope', '/%zz']) {
      const { headers } = await fetch(latchkey.origin + path)
      assert.equal(
        headers.get('strict-transport-security'),
        'max-age=63072000; includeSubDomains',
        path,
      )
    }
  })

  await t.test(
    'a new user signs up with a code from a real email, and turns MFA on and off',
    async () => {
      const [email, password] = ['ada@example.com', 'a long sentence of hers']
      const codeIn = async (mail: number) => {
        for (let tries = 0; smtp.received.length <= mail; tries += 1) {
          assert.ok(tries < 500, 'no email arrived')
          await pause(20)
        }
        const text = parseMailParts(smtp.received[mail]?.raw ?? '')
          .map(({ content }) => content)
          .join('\n')
        for (const [link] of text.matchAll(/https?:\/\/[^\s"<]+/g)) {
          assert.ok(link.startsWith(publicUrl), link)
        }
        return /\b[0-9]{6}\b/.exec(text)?.[0] ?? ''
      }

      const begun = await latchkey.post('/auth/SignUp', { email, password })
      assert.equal(begun.status, 202)
      const proof = { signUpToken: begun.body.signUpToken, code: await codeIn(0) }
      const done = await latchkey.post('/auth/SignUp/Verify', proof)
      assert.equal(done.status, 201)
      const { accessToken: token } = done.body
      assert.equal(claimsOf(token).claims.iss, publicUrl)

      const path = '/settings/MfaSignIn'
      const request = { mfaMethod: 'email' }
      assert.equal((await latchkey.post(path, request, { token })).status, 202)
      const on = await latchkey.post(path, { ...request, code: await codeIn(1) }, { token })
      assert.equal(on.body.enabled, true)
      assert.equal((await latchkey.delete(path, { token })).body.enabled, false)
    },
  )
})

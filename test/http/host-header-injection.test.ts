/** Links and tokens use the public URL, never the request's headers. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { decodeToken } from '../support/forge-token.ts'
import { onEachDatabase } from '../support/latchkey.ts'
import { formatRequestHead, sendRaw } from '../support/raw-http.ts'

const publicUrl = 'https://accounts.example.com'

const forgedHeaders = [
  'X-Forwarded-Host: evil.example',
  'X-Forwarded-Proto: http',
  'X-Forwarded-Port: 1',
  'X-Forwarded-Prefix: /evil.example',
  'X-Original-URL: //evil.example/',
  'X-Rewrite-URL: //evil.example/',
  'X-Host: evil.example',
  'Forwarded: host=evil.example;proto=http',
  'Origin: https://evil.example',
  'Referer: https://evil.example/',
]

onEachDatabase(
  (latchkey) => {
    /** A request with forged headers, as a permissive proxy would forward it. */
    async function sendForged(method: string, path: string, body?: unknown, token?: string) {
      const json = body === undefined ? '' : JSON.stringify(body)
      const lines = formatRequestHead(
        method,
        path,
        ...forgedHeaders,
        ...(body === undefined ? [] : ['Content-Type: application/json']),
        `Content-Length: ${Buffer.byteLength(json)}`,
        ...(token === undefined ? [] : [`Authorization: Bearer ${token}`]),
      ).replace('Host: localhost', 'Host: evil.example')
      const answer = await sendRaw(latchkey, `${lines}\r\n${json}`)
      assert.doesNotMatch(JSON.stringify(answer), /evil\.example/, `${method} ${path}`)
      return { ...answer, body: answer.text === '' ? undefined : JSON.parse(answer.text) }
    }

    // Abuse case (Input and output): Links in messages were built from the `Host` header
    // (CVE-2023-49097, CVE-2025-64101, GHSA-93m4-mfpg-c3xf).
    test('a forged Host header appears in no message, no token and no problem', async () => {
      const email = `mallory-${latchkey.databaseKind.toLowerCase()}@example.com`.toLowerCase()
      const password = 'a long sentence of hers'
      const begun = await sendForged('POST', '/auth/SignUp', { email, password })
      assert.equal(begun.status, 202)
      const { signUpToken } = begun.body
      const code = await latchkey.codeSentTo(email)
      const signedUp = await sendForged('POST', '/auth/SignUp/Verify', { signUpToken, code })
      assert.equal(signedUp.status, 201)
      const token = signedUp.body.accessToken

      const { iss, aud } = decodeToken(token).claims
      assert.deepEqual({ iss, aud }, { iss: publicUrl, aud: publicUrl })

      const request = { mfaMethod: 'email' }
      assert.equal((await sendForged('POST', '/settings/MfaSignIn', request, token)).status, 202)
      const proof = { ...request, code: await latchkey.codeSentTo(email) }
      assert.equal((await sendForged('POST', '/settings/MfaSignIn', proof, token)).status, 200)
      assert.equal(
        (await sendForged('DELETE', '/settings/MfaSignIn', undefined, token)).status,
        200,
      )
      assert.equal((await sendForged('POST', '/auth/SignUp', { email, password })).status, 202)
      assert.equal((await sendForged('POST', '/auth/ForgotPassword', { email })).status, 202)

      const messages = await latchkey.inbox(email)
      assert.ok(messages.length >= 6, `${messages.length}`)
      const links = messages.flatMap(({ text }) => text.match(/https?:\/\/\S+\/undo#token=/g) ?? [])
      assert.ok(links.length >= 2, 'there are no links')
      for (const message of messages) {
        const shown = JSON.stringify(message)
        assert.doesNotMatch(shown, /evil/)
        for (const [link] of shown.matchAll(/https?:\/\/[^\s"\\<)]+/g)) {
          assert.ok(link === publicUrl || link.startsWith(`${publicUrl}/`), link)
        }
      }

      const { body: problem } = await sendForged('GET', '/settings/MfaSignIn')
      assert.equal(problem.type, `${publicUrl}/docs/errors#missing_token`)
    })

    // Abuse case (Input and output): A redirect led to a host that the request named.
    test('no page and no redirect leads to a forged Host', async () => {
      for (const path of ['/', '/docs', '/docs/', '/docs/errors', '/openapi.json', '/dev/inbox']) {
        const lines = formatRequestHead('GET', path, ...forgedHeaders).replace(
          ': localhost',
          ': evil.example',
        )
        const answer = await sendRaw(latchkey, `${lines}\r\n`)
        assert.doesNotMatch(JSON.stringify(answer), /evil\.example/, path)
        const { location } = answer.headers
        if (location !== undefined) assert.match(location, /^\.\.?\/[a-z]/)
      }
    })

    // Abuse case (Input and output): A redirect led to a host that the request named.
    test('a path that looks like another host causes no redirect', async () => {
      for (const path of [
        '//evil.example',
        '//evil.example/docs/',
        '/\\evil.example',
        '/docs//evil',
      ]) {
        const { status } = await sendRaw(latchkey, `${formatRequestHead('GET', path)}\r\n`)
        assert.ok(status === 404 || status === 400, `${path} ${status}`)
      }
    })
  },
  { LATCHKEY_PUBLIC_URL: publicUrl },
)

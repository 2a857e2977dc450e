/** Only pages of exactly matching origins may call the API and have their cookies accepted. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { onDatabase, type TestLatchkey } from '../support/latchkey.ts'
import { formatRequestHead, sendRaw } from '../support/raw-http.ts'

const app = 'https://app.example.com'
const port = 'http://intranet.example.com:8080'

/** Look-alikes of an allowed origin. */
const lookAlikes = [
  'null',
  '',
  '*',
  'https://evil.example.net',
  `${app}.`,
  `${app}/`,
  `${app}:443`,
  `${app}:8443`,
  `${app}.evil.example.net`,
  `${app}@evil.example.net`,
  `${app}#`,
  `${app}%00`,
  `${app} https://evil.example.net`,
  `${app}, https://evil.example.net`,
  app.toUpperCase(),
  'https://App.example.com',
  'http://app.example.com',
  'https://xapp.example.com',
  'https://example.com',
  'https://app_example.com',
  'https://appXexample.com',
  'http://intranet.example.com',
  'http://intranet.example.com:80800',
  'https://intranet.example.com:8080',
]

onDatabase(
  'SQLite',
  (latchkey) => {
    // Abuse case (Sessions and tokens): A page on another site made the browser send the cookie,
    // and so made calls as its owner.
    test('an origin that is not spelled exactly gets no CORS headers, and its cookie is rejected', async () => {
      const cookie = await cookieOf(latchkey)
      const own = latchkey.origin
      const near = [`${own}.`, `${own}0`, own.replace('localhost', '127.0.0.1'), `${own}/`]
      for (const origin of [...lookAlikes, ...near]) {
        const refused = await refresh(latchkey, cookie, `Origin: ${origin}`)
        assert.equal(`${refused.status} ${refused.headers['set-cookie']}`, '403 undefined', origin)
        assert.equal(refused.headers['access-control-allow-origin'], undefined, origin)
        const response = await preflight(latchkey, '/auth/Refresh', `Origin: ${origin}`)
        assert.equal(response.headers['access-control-allow-origin'], undefined, origin)
      }
      for (const origin of [app, port, own]) {
        const answer = await refresh(latchkey, await cookieOf(latchkey), `Origin: ${origin}`)
        assert.equal(answer.status, 200, origin)
      }
    })

    // Abuse case (Sessions and tokens): A page on another site made the browser send the cookie,
    // and so made calls as its owner.
    test('no additional header makes a cross-site request pass', async () => {
      const cookie = await cookieOf(latchkey)
      const evil = 'Origin: https://evil.example.net'
      const own = `Origin: ${latchkey.origin}`
      for (const headers of [
        [],
        [evil, own],
        [own, evil],
        [own, own],
        [evil, `X-Forwarded-Host: localhost`, `Host-Origin: ${latchkey.origin}`],
        [evil, `Referer: ${latchkey.origin}/signin`],
        [evil, 'Sec-Fetch-Site: same-origin'],
        [evil, 'Sec-Fetch-Site: none'],
        [own, 'Sec-Fetch-Site: cross-site'],
        [own, 'Sec-Fetch-Site: none'],
        [own, 'Sec-Fetch-Site: CROSS-SITE'],
        [own, 'Sec-Fetch-Site: same-origin', 'Sec-Fetch-Site: cross-site'],
        [own, 'Sec-Fetch-Site: '],
        [own, 'Latchkey-Session: cookie'],
      ]) {
        const answer = await refresh(latchkey, cookie, ...headers)
        const shown = `${headers.join(' | ')}: ${answer.text}`
        assert.equal(answer.status, 403, shown)
        assert.equal(JSON.parse(answer.text).code, 'cross_site_request', shown)
        assert.equal(answer.headers['set-cookie'], undefined, shown)
      }
      for (const site of ['same-origin', 'same-site']) {
        const cookie = await cookieOf(latchkey)
        const answer = await refresh(latchkey, cookie, own, `Sec-Fetch-Site: ${site}`)
        assert.equal(answer.status, 200, site)
      }
    })

    test('a page of another site cannot sign a visitor in to another account: no cookie is set for it', async () => {
      const { email, password } = await latchkey.owner()
      const signIn = (headers: Record<string, string>) =>
        latchkey.post('/auth/SignIn', { email, password }, { headers })
      const elsewhere = { origin: 'https://evil.example.net' }
      const withoutCookie = await signIn(elsewhere)
      assert.deepEqual([withoutCookie.status, withoutCookie.headers.getSetCookie()], [200, []])
      const withCookie = await signIn({ ...elsewhere, 'latchkey-session': 'cookie' })
      assert.deepEqual([withCookie.status, withCookie.headers.getSetCookie()], [403, []])
    })

    test('a preflight does not reveal which paths exist, and changes nothing', async () => {
      const ada = await latchkey.owner()
      const answers = []
      for (const path of ['/settings/MfaSignIn', '/nowhere', '/auth/SignOut']) {
        const { status, text, headers } = await preflight(
          latchkey,
          path,
          `Origin: ${app}`,
          `Authorization: Bearer ${ada.accessToken}`,
        )
        answers.push(`${status} ${text} ${headers['access-control-allow-methods']}`)
        assert.equal(headers['access-control-allow-origin'], app)
        assert.match(headers.vary ?? '', /\borigin\b/i)
      }
      assert.deepEqual(new Set(answers), new Set(['204  GET, POST, PUT, PATCH, DELETE']))
      assert.equal((await ada.get('/settings')).status, 200)
    })

    test('a preflight returns the requested header names unchanged or not at all', async () => {
      for (const requestedHeaders of ['a\u007fb', 'a\tb', '\u00ff', 'a, b', 'x'.repeat(8000)]) {
        const lines = `Access-Control-Request-Headers: ${requestedHeaders}`
        const { status, headers } = await preflight(latchkey, '/settings', `Origin: ${app}`, lines)
        assert.ok(
          [204, 400].includes(status),
          `${status} for ${JSON.stringify(requestedHeaders.slice(0, 9))}`,
        )
        if (status === 204) assert.equal(headers['access-control-allow-origin'], app)
      }
    })

    test('a response cached for one origin is not served to another', async () => {
      const files = ['/.well-known/jwks.json', '/openapi.json', '/brand.css', '/signin', '/docs']
      for (const path of [...files, '/brand/icon.svg', '/settings']) {
        for (const headers of [{ origin: app }, { origin: 'https://evil.example.net' }, {}]) {
          const answer = await fetch(latchkey.origin + path, { headers })
          await answer.body?.cancel()
          const allowed = 'origin' in headers && headers.origin === app ? app : null
          assert.equal(answer.headers.get('access-control-allow-origin'), allowed, path)
          const isCacheable = answer.headers.get('cache-control') !== 'no-store'
          if (isCacheable) assert.match(answer.headers.get('vary') ?? '', /\borigin\b/i, path)
        }
      }
    })
  },
  { LATCHKEY_ALLOWED_ORIGINS: `${app},${port}` },
)

onDatabase('SQLite', (latchkey) => {
  test('without allowed origins, pages of other origins can call nothing and get no CORS headers', async () => {
    for (const path of ['/auth/Refresh', '/settings', '/nowhere']) {
      const { status, headers } = await preflight(latchkey, path, `Origin: ${app}`)
      assert.equal(status, path === '/nowhere' ? 404 : 405)
      const allowing = Object.keys(headers).filter((name) => name.startsWith('access-control'))
      assert.deepEqual(allowing, [])
    }
    const cookie = await cookieOf(latchkey)
    assert.equal((await refresh(latchkey, cookie, `Origin: ${app}`)).status, 403)
  })
})

/** Signs in as a browser. @returns the session cookie */
async function cookieOf(latchkey: TestLatchkey): Promise<string> {
  const { email, password } = await latchkey.owner()
  const headers = { origin: latchkey.origin, 'latchkey-session': 'cookie' }
  const answer = await latchkey.post('/auth/SignIn', { email, password }, { headers })
  return answer.headers.getSetCookie()[0]?.split(';')[0] ?? ''
}

function refresh(latchkey: TestLatchkey, cookie: string, ...headers: string[]) {
  const all = [`Cookie: ${cookie}`, 'Latchkey-Session: cookie', 'Content-Length: 0', ...headers]
  return sendRaw(latchkey, `${formatRequestHead('POST', '/auth/Refresh', ...all)}\r\n`)
}

function preflight(latchkey: TestLatchkey, path: string, ...headers: string[]) {
  const all = ['Access-Control-Request-Method: POST', ...headers]
  return sendRaw(latchkey, `${formatRequestHead('OPTIONS', path, ...all)}\r\n`)
}

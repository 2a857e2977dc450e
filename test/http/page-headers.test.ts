/** A page's language and its check for a session depend on the request's headers and query. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { onDatabase } from '../support/latchkey.ts'
import { formatRequestHead, sendRaw } from '../support/raw-http.ts'

onDatabase('SQLite', (latchkey) => {
  const open = (path: string, ...headers: string[]) =>
    sendRaw(latchkey, `${formatRequestHead('GET', path, ...headers)}\r\n`)

  async function mayBeSignedIn(...headers: string[]): Promise<boolean> {
    const { text } = await open('/signin', ...headers)
    return /&quot;mayBeSignedIn&quot;:(true|false)/.exec(text)?.[1] === 'true'
  }

  test('a page checks for a session if there is a session cookie, or if the browser may have withheld one', async () => {
    for (const [expected, ...headers] of [
      [false, 'Sec-Fetch-Site: same-origin'],
      [false, 'Sec-Fetch-Site: same-site'],
      [false, 'Sec-Fetch-Site: none'],
      [true, 'Sec-Fetch-Site: none', 'Cookie: latchkey=x'],
      [true, 'Sec-Fetch-Site: cross-site'],
      [true],
      [false, 'Sec-Fetch-Site: none', 'Cookie: latchkey='],
      [false, 'Sec-Fetch-Site: none', 'Cookie: latchkey-device=x'],
      // Duplicate cookies count as none, because neither refreshes.
      [false, 'Sec-Fetch-Site: none', 'Cookie: latchkey=x; latchkey=y'],
    ] as [boolean, ...string[]][]) {
      assert.equal(await mayBeSignedIn(...headers), expected, headers.join(' | '))
    }
  })

  // Abuse case (Input and output): A proxy cached a page and served it to another user.
  test('no proxy and no browser caches a page, whatever its language or cookies', async () => {
    for (const path of [
      '/signin',
      '/signin?lang=de',
      '/security',
      '/undo',
      '/invitation',
      '/forgot',
      '/signup',
    ]) {
      for (const method of ['GET', 'HEAD']) {
        const lines = formatRequestHead(method, path, 'Cookie: latchkey=x; latchkey-lang=de')
        const { status, headers } = await sendRaw(latchkey, `${lines}\r\n`)
        assert.equal(`${status} ${headers['cache-control']}`, '200 no-store', `${method} ${path}`)
      }
    }
  })

  test('a page contains nothing of the request’s cookies', async () => {
    const { text } = await open(
      '/security',
      'Cookie: latchkey=the-token; latchkey-device=the-device',
    )
    assert.doesNotMatch(text, /the-token|the-device/)
  })

  // Abuse case (Input and output): A link injected headers into the response.
  test('a supported language in the query is stored in a cookie, and any other sets no header', async () => {
    const { headers } = await open('/signin?lang=de')
    const cookie = 'latchkey-lang=de; Path=/; Max-Age=31536000; SameSite=Lax'
    assert.equal(headers['set-cookie'], cookie)
    for (const query of [
      'lang=de%0d%0aSet-Cookie:%20latchkey=x',
      'lang=de%0aX-Evil:%201',
      'lang=de;%20Domain=example.com',
      'lang=DE',
      'lang=%20de',
      'lang=fr',
      'lang=',
      'lang',
      'lang[]=de',
      'lang=de&lang=de',
      'lang=__proto__',
      'lang=constructor',
      `lang=${'de'.repeat(3000)}`,
    ]) {
      const answer = await open(`/signin?${query}`)
      assert.equal(answer.status, 200, query)
      assert.equal(answer.headers['set-cookie'], undefined, query)
      assert.equal(answer.headers['x-evil'], undefined, query)
      assert.equal(answer.headers['content-language'], 'en', query)
    }
  })

  test('a language cookie counts only if it names a supported language', async () => {
    for (const [cookie, language] of [
      ['latchkey-lang=de', 'de'],
      ['a=b; latchkey-lang=de; c=d', 'de'],
      ['latchkey-lang=fr', 'en'],
      ['latchkey-lang="><script>', 'en'],
      ['latchkey-lang=constructor', 'en'],
      ['xlatchkey-lang=de', 'en'],
      [`${';'.repeat(5000)} latchkey-lang`, 'en'],
    ] as const) {
      const { status, headers } = await open('/signin', `Cookie: ${cookie}`)
      assert.deepEqual([status, headers['content-language']], [200, language], cookie.slice(0, 40))
    }
  })

  test('every Accept-Language header is parsed as far as it is valid, and none breaks a page', async () => {
    for (const [accepted, language] of [
      ['de', 'de'],
      ['DE-at', 'de'],
      ['en;q=0.5, de;q=0.501', 'de'],
      ['en;q=0.5,de;q=0.5', 'en'],
      ['de;q=0', 'en'],
      ['de;q=0.000, en;q=0.1', 'en'],
      ['fr, de;q=0.1', 'de'],
      ['*', 'en'],
      ['de;level=1;q=0.2, en;q=0.1', 'de'],
      ['deutsch', 'en'],
      ['__proto__, constructor', 'en'],
      ['de;q=-1;q=0', 'en'],
      [',;,;=;q=;,-,;;;', 'en'],
      ['"><script>, de\u00ff', 'en'],
      [`${'fr, '.repeat(3500)}de`, 'de'],
      [`${';'.repeat(14_000)}`, 'en'],
      [`de;q=${'0'.repeat(10_000)}`, 'de'],
    ] as const) {
      const { status, headers } = await open('/signin', `Accept-Language: ${accepted}`)
      const shown = accepted.slice(0, 40)
      assert.deepEqual([status, headers['content-language']], [200, language], shown)
    }
    const twice = await open('/signin', 'Accept-Language: fr', 'Accept-Language: de;q=0.5')
    assert.equal(twice.headers['content-language'], 'de')
    assert.equal((await open('/signin', `Accept-Language: ${'x'.repeat(20_000)}`)).status, 431)
  })
})

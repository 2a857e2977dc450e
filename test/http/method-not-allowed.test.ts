/** Every path lists its methods in Allow and rejects others with a 405. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { onDatabase } from '../support/latchkey.ts'
import { operations } from '../support/openapi.ts'
import { formatRequestHead, sendRaw } from '../support/raw-http.ts'

const all = ['GET', 'HEAD', 'POST', 'PUT', 'PATCH', 'DELETE', 'OPTIONS', 'TRACE', 'QUERY']
const pages = ['/', '/docs', '/docs/', '/docs/errors', '/openapi.json', '/dev/inbox']

onDatabase('SQLite', (latchkey) => {
  test('every other method gets a 405 with the methods that the path supports', async () => {
    const paths = new Map(pages.map((path) => [path, new Set(['GET', 'HEAD'])]))
    for (const { method, path } of await operations(latchkey)) {
      const supported = paths.get(path) ?? new Set()
      supported.add(method)
      if (method === 'GET') supported.add('HEAD')
      paths.set(path, supported)
    }
    assert.ok(paths.size > 15)

    for (const [path, supported] of paths) {
      for (const method of all.filter((name) => !supported.has(name))) {
        // An invalid body and token do not change the response.
        const bytes = `${formatRequestHead(method, path, 'Authorization: x', 'Content-Length: 1')}\r\n{`
        const { status, headers, text } = await sendRaw(latchkey, bytes)
        assert.equal(status, 405, `${method} ${path}`)
        assert.equal(headers.allow, [...supported].sort().join(', '), `${method} ${path}`)
        if (method !== 'HEAD') assert.equal(JSON.parse(text).code, 'method_not_allowed')
      }
    }
  })

  test('no documented method gets a 404 or a 405', async () => {
    for (const { method, path } of await operations(latchkey)) {
      const { status } = await latchkey.request(method, path)
      assert.ok(status !== 404 && status !== 405, `${method} ${path}: ${status}`)
    }
  })

  test('HEAD responds like GET, without a body', async () => {
    const ada = await latchkey.owner()
    const gets = (await operations(latchkey)).filter(({ method }) => method === 'GET')
    for (const path of [...gets.map((get) => get.path), ...pages, '/nope']) {
      const headers = { authorization: `Bearer ${ada.accessToken}`, connection: 'close' }
      const get = await fetch(latchkey.origin + path, { headers, redirect: 'manual' })
      const head = await fetch(latchkey.origin + path, {
        headers,
        method: 'HEAD',
        redirect: 'manual',
      })
      assert.equal(head.status, get.status, path)
      assert.equal(await head.text(), '', path)
      for (const name of ['content-type', 'cache-control', 'content-security-policy', 'etag']) {
        assert.equal(head.headers.get(name), get.headers.get(name), `${path} ${name}`)
      }
      await get.body?.cancel()
    }
  })
})

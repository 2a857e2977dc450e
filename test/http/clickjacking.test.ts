import assert from 'node:assert/strict'
import { subscribe } from 'node:diagnostics_channel'
import { test } from 'node:test'
import type { FastifyInstance, RouteOptions } from 'fastify'
import { onDatabase } from '../support/latchkey.ts'

/** Every GET path that the service registers. */
const paths = new Set<string>()
subscribe('fastify.initialization', (message) => {
  const { fastify } = message as { fastify: FastifyInstance }
  fastify.addHook('onRoute', ({ method, url }: RouteOptions) => {
    if ([method].flat().includes('GET')) paths.add(url.replace(/:\w+|\*/g, 'some'))
  })
})

onDatabase('SQLite', (latchkey) => {
  // Abuse case (Input and output): Another site framed one of our pages and made users click
  // controls they did not see.
  test('no page and no other response can be framed', async () => {
    assert.ok(paths.size > 20, `${paths.size} paths`)
    let pages = 0
    for (const path of [...paths, '/nowhere']) {
      const { headers } = await fetch(latchkey.origin + path)
      assert.equal(headers.get('x-frame-options'), 'DENY', path)
      assert.match(headers.get('content-security-policy') ?? '', /frame-ancestors 'none'/, path)
      if (headers.get('content-type')?.startsWith('text/html')) pages += 1
    }
    assert.ok(pages >= 4, `${pages} pages`)
  })
})

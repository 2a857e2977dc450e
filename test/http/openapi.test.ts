/** openapi.json documents every operation as the service implements it. */
import assert from 'node:assert/strict'
import { subscribe } from 'node:diagnostics_channel'
import { readFileSync } from 'node:fs'
import { test } from 'node:test'
import type { FastifyInstance, RouteOptions } from 'fastify'
import { onDatabase } from '../support/latchkey.ts'
import { operations, resolveResponse } from '../support/openapi.ts'
import { createOperator } from '../support/operator.ts'

/** Every route that the service registers. */
const registered: { method: string; url: string; hidden: boolean }[] = []
subscribe('fastify.initialization', (message) => {
  const { fastify } = message as { fastify: FastifyInstance }
  fastify.addHook('onRoute', ({ method, url, schema }: RouteOptions) => {
    for (const name of [method].flat()) {
      registered.push({ method: name, url, hidden: (schema as { hide?: boolean })?.hide === true })
    }
  })
})

/** Routes for people, browsers and Prometheus, which the document leaves out. */
const pages =
  /^\/($|metrics$|docs($|\/)|dev\/inbox$|openapi\.json$|(signin|signup|forgot|security|undo|invitation|consent)$|brand|assets\/)/

/** Endpoints of OpenID Connect, which its own discovery document describes, and that of reverse proxies. */
const oidcEndpoints =
  /^\/oidc\/|^\/forward-auth\/|^\/\.well-known\/(openid-configuration|oauth-authorization-server)$/

onDatabase('SQLite', (latchkey) => {
  const read = async () => JSON.parse(await (await fetch(`${latchkey.origin}/openapi.json`)).text())

  test('the document is OpenAPI 3.1 and names this service', async () => {
    const { openapi, servers, info } = await read()
    assert.equal(openapi, '3.1.0')
    assert.deepEqual(servers, [{ url: latchkey.origin }])
    assert.match(info.version, /^\d+\.\d+\.\d+$/)
  })

  test('every route is documented, except pages and those that respond with 405', async () => {
    const described = new Set(
      (await operations(latchkey)).map(({ method, path }) => `${method} ${path}`),
    )
    assert.ok(registered.length > described.size)
    for (const { method, url, hidden } of registered) {
      // `fetch` cannot send TRACE; method-not-allowed.test.ts does.
      if (method === 'HEAD' || method === 'TRACE' || url === '*') continue
      if (oidcEndpoints.test(url)) continue
      const path = url.replace(/:(\w+)/g, '{$1}')
      if (!hidden)
        assert.ok(described.has(`${method} ${path}`), `${method} ${url} is not described`)
      else if (!pages.test(url) || method !== 'GET') {
        const response = await fetch(latchkey.origin + url, { method })
        assert.equal(response.status, 405, `${method} ${url} answers, and is not described`)
      }
    }
  })

  test('every operation has a unique operationId, a summary, one known tag and a description of each response', async () => {
    const document = await read()
    const known = document.tags.map((tag: { name: string }) => tag.name)
    const calls = await operations(latchkey)
    assert.equal(new Set(calls.map(({ operationId }) => operationId)).size, calls.length)
    for (const { method, path, operationId, summary, tags } of calls) {
      const where = `${method} ${path}`
      assert.match(operationId, /^[a-z][A-Za-z]+$/, where)
      assert.match(summary, /^[A-Z].*[^.]$/, where)
      assert.equal(tags.length, 1, where)
      assert.ok(known.includes(tags[0]), where)
      const { responses } = document.paths[path][method.toLowerCase()]
      for (const [status, response] of Object.entries(responses)) {
        const { description } = resolveResponse(document, response)
        assert.notEqual(description, 'Default Response', `${where} ${status}`)
        assert.notEqual(description, '', `${where} ${status}`)
      }
    }
  })

  test('an operation documents a token exactly where it requires one', async () => {
    for (const { method, path, requiresToken, statuses } of await operations(latchkey)) {
      const { status, body } = await latchkey.request(method, path)
      const lacksToken = status === 401 && body.code === 'missing_token'
      assert.equal(requiresToken, lacksToken, `${method} ${path}`)
      if (requiresToken) assert.ok(statuses.includes('401'))
    }
  })

  test('every error response is documented as a problem, and every operation documents its error responses', async () => {
    const document = await read()
    for (const { method, path, body, statuses } of await operations(latchkey)) {
      const { responses } = document.paths[path][method.toLowerCase()]
      const response = (status: string) => resolveResponse(document, responses[status])
      for (const status of ['400', '500', ...(body ? ['413', '415'] : [])]) {
        assert.ok(statuses.includes(status), `${method} ${path} ${status}`)
      }
      for (const status of statuses.filter((status) => Number(status) >= 400)) {
        assert.deepEqual(Object.keys(response(status).content), ['application/problem+json'])
      }
      if (responses[401]) assert.ok(response('401').headers['WWW-Authenticate'])
      if (responses[429]) assert.ok(response('429').headers['Retry-After'])
    }
  })

  test('every problem response is a component, named after the codes it documents', async () => {
    const { paths, components } = await read()
    const used = new Set<string>()
    for (const { method, path, statuses } of await operations(latchkey)) {
      for (const status of statuses.filter((status) => Number(status) >= 400)) {
        const { $ref } = paths[path][method.toLowerCase()].responses[status]
        assert.match($ref, /^#\/components\/responses\/[a-z_.]+$/, `${method} ${path} ${status}`)
        const name = $ref.split('/').at(-1)
        const { description, content } = components.responses[name]
        const { examples } = content['application/problem+json']
        assert.deepEqual(Object.keys(examples), name.split('.'))
        for (const [code, example] of Object.entries<{ $ref: string }>(examples)) {
          assert.equal(example.$ref, `#/components/examples/${code}`)
          assert.equal(components.examples[code].value.code, code)
          assert.equal(String(components.examples[code].value.status), status)
          assert.ok(description.includes(`\`${code}\``), `${name} does not describe ${code}`)
        }
        used.add(name)
      }
    }
    assert.deepEqual([...used].sort(), Object.keys(components.responses).sort())
  })

  test('a body is documented as required exactly where it has a required field and the service rejects a missing body', async () => {
    let required = 0
    for (const { method, path, body, requiresBody } of await operations(latchkey)) {
      if (!body) continue
      assert.equal(requiresBody, body.required?.length > 0, `${method} ${path}`)
      const operator = await createOperator(latchkey)
      const token = operator.accessToken
      const response = await latchkey.request(method, path, { token })
      const { code, errors = [] } = response.body ?? {}
      const refused = code === 'invalid_request' && errors[0].path === ''
      assert.equal(refused, requiresBody, `${method} ${path} answers ${response.status} ${code}`)
      required += Number(requiresBody)
    }
    assert.ok(required > 0)
  })

  // Abuse case (Second factor skipped): An unknown field (`skip`, `mfaVerified`) took effect
  // (CVE-2021-30120).
  // Abuse case (MFA changed by an attacker): Users marked their own number
  // or address as verified (CVE-2026-27946, CVE-2026-54693).
  test('no request body allows undocumented fields', async () => {
    for (const { path, body } of await operations(latchkey)) {
      if (body) assert.equal(body.additionalProperties, false, path)
    }
  })

  test('openapi.json in the repository documents the same paths', async () => {
    const file = JSON.parse(readFileSync(new URL('../../openapi.json', import.meta.url), 'utf8'))
    const { paths } = await read()
    assert.deepEqual(Object.keys(file.paths).sort(), Object.keys(paths).sort())
  })
})

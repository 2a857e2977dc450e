import assert from 'node:assert/strict'
import { type TestContext, test } from 'node:test'
import { Type, type TypeBoxTypeProvider } from '@fastify/type-provider-typebox'
import Fastify from 'fastify'
import { serveOpenapi } from '../../src/http/docs/openapi.ts'
import { serveReference } from '../../src/http/docs/reference.ts'
import { lookUpProblem, turnOffInReference } from '../support/api-reference.ts'
import { startChromium } from '../support/chromium.ts'

const token = 'a-token-that-is-good'
const off = { enabled: false, changedAt: '2026-11-24T09:00:00.000Z' }
const visits = [
  { width: 360, colorScheme: 'light' },
  { width: 360, colorScheme: 'dark' },
  { width: 1280, colorScheme: 'light' },
  { width: 1280, colorScheme: 'dark' },
] as const

test('the API reference turns MFA off with a pasted token', async (t) => {
  const browser = await startChromium(t)
  if (!browser) return
  const baseUrl = await startService(t)

  for (const visit of visits) {
    await t.test(`at ${visit.width} px, ${visit.colorScheme}`, async () => {
      const visited = await turnOffInReference(browser, { baseUrl, token, ...visit })
      assert.deepEqual(visited.errors, [])
      assert.deepEqual(visited.externalRequests, [])
      assert.equal(visited.overflowPx, 0)
      assert.match(visited.sample, /requests\.delete\(/)
      assert.equal(visited.status, '200 OK')
      assert.deepEqual(visited.body, off)
      assert.ok(!visited.browserStorage.includes(token), 'the token outlives the page')
    })
  }
})

test('the type of a problem links to its description, in both themes', async (t) => {
  const browser = await startChromium(t)
  if (!browser) return
  const baseUrl = await startService(t)

  const light = { baseUrl, token, width: 360, colorScheme: 'light' } as const
  const day = await lookUpProblem(browser, light, 'invalid_code')
  assert.deepEqual([day.errors, day.externalRequests], [[], []])
  assert.match(day.highlighted, /^invalid_code\s+401 Not accepted\s+Less than <6> digits\.$/)
  assert.equal(day.background, 'rgb(255, 255, 255)')

  const dark = { baseUrl, token, width: 1280, colorScheme: 'dark' } as const
  const night = await lookUpProblem(browser, dark, 'invalid_code')
  assert.deepEqual([night.errors, night.externalRequests], [[], []])
  assert.notEqual(night.background, day.background)
})

test('documentation pages are revalidated on every visit, and their scripts never', async (t) => {
  const baseUrl = await startService(t)
  const page = await fetch(`${baseUrl}/docs`)
  assert.equal(page.headers.get('cache-control'), 'no-cache')

  const scripts = [...(await page.text()).matchAll(/<script src="(.*?)"/g)].map(([, src]) => src)
  assert.equal(scripts.length, 2)
  for (const script of scripts) {
    const answer = await fetch(`${baseUrl}/${script}`, { headers: { 'accept-encoding': 'br' } })
    assert.equal(answer.status, 200)
    assert.equal(answer.headers.get('content-encoding'), 'br')
    assert.equal(answer.headers.get('cache-control'), 'public, max-age=31536000, immutable')
  }
})

test('the OpenAPI document describes only the API, and its schemas have names', async (t) => {
  const baseUrl = await startService(t)
  const answer = await fetch(`${baseUrl}/openapi.json`)
  const { openapi, servers, paths, components } = JSON.parse(await answer.text())
  assert.equal(openapi, '3.1.0')
  assert.deepEqual(servers, [{ url: publicUrl }])
  assert.deepEqual(Object.keys(paths), ['/settings/MfaSignIn'])
  assert.deepEqual(Object.keys(components.schemas), ['MfaSignIn'])
  assert.equal(components.securitySchemes.bearer.scheme, 'bearer')
})

// Differs from the tests' origin: the reference must send calls to the origin of its page.
const publicUrl = 'https://sign-in.example.org'

/** Serves OpenAPI document and reference for one route, with the service's default headers. */
async function startService(t: TestContext): Promise<string> {
  const app = Fastify().withTypeProvider<TypeBoxTypeProvider>()
  t.after(() => app.close())

  app.addHook('onSend', async (_request, reply) => {
    if (reply.hasHeader('content-security-policy')) return
    reply.header('content-security-policy', "default-src 'none'; frame-ancestors 'none'")
  })
  await serveOpenapi(app, { publicUrl, version: '0.1.0' })
  await serveReference(app, {
    problems: [
      { code: 'not_found', status: 404, title: 'Not found', meaning: 'There is nothing there.' },
      {
        code: 'invalid_code',
        status: 401,
        title: 'Not accepted',
        meaning: 'Less than <6> digits.',
      },
    ],
  })

  const MfaSignIn = Type.Object(
    { enabled: Type.Boolean(), changedAt: Type.String({ format: 'date-time' }) },
    { $id: 'MfaSignIn' },
  )
  app.addSchema(MfaSignIn)
  app.delete(
    '/settings/MfaSignIn',
    {
      schema: {
        operationId: 'turnMfaOff',
        summary: 'Turn MFA off',
        description: 'From now on the password alone signs in.',
        tags: ['Multi-factor sign-in'],
        security: [{ bearer: [] }],
        response: {
          200: Type.Unsafe<typeof off>({ $ref: 'MfaSignIn#', description: 'It is off.' }),
        },
      },
      onRequest: async (request) => {
        if (request.headers.authorization !== `Bearer ${token}`) throw new Error('Not this token.')
      },
    },
    async () => off,
  )
  return app.listen({ host: '127.0.0.1', port: 0 })
}

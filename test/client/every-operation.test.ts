/** The client has every operation of openapi.json, and sends what the document describes. */
import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { before, test } from 'node:test'
import { createLatchkey, type ProblemCode } from '../../client/latchkey.ts'
import { onDatabase } from '../support/latchkey.ts'
import { root } from '../support/markdown.ts'

interface SentRequest {
  call: string
  token: string | null
  body: unknown
}

/** Each operation of the document: whether it takes a token and a body. */
const described = new Map(
  Object.entries<object>(
    JSON.parse(readFileSync(join(root, 'openapi.json'), 'utf8')).paths,
  ).flatMap(([path, methods]) =>
    Object.entries(methods).map(([method, { security = [], requestBody }]) => [
      `${method.toUpperCase()} ${path}`,
      { takesToken: JSON.stringify(security).includes('bearer'), hasBody: Boolean(requestBody) },
    ]),
  ),
)

const names = ['get', 'post', 'put', 'patch', 'delete']
const token = 'not-a-token-of-anybody'

onDatabase('SQLite', (latchkey) => {
  const sentRequests: SentRequest[] = []
  const answers: { ok: boolean; status: number; problem?: { code: ProblemCode } }[] = []

  /** Calls every function of the client with an empty body. */
  before(async () => {
    const client = createLatchkey({
      baseUrl: `${latchkey.origin}/`,
      token: async () => token,
      fetch: (input, init) => {
        const request = new Request(input, init)
        const path = decodeURIComponent(new URL(request.url).pathname)
        const { headers, method } = request
        const body = typeof init?.body === 'string' ? JSON.parse(init.body) : undefined
        sentRequests.push({ call: `${method} ${path}`, token: headers.get('authorization'), body })
        return fetch(input, init)
      },
    })
    await callBelow(client)

    async function callBelow(place: object): Promise<void> {
      for (const [name, inner] of Object.entries(place)) {
        if (name.startsWith('by')) await callBelow(inner(`{${name.slice(2).toLowerCase()}}`))
        else if (names.includes(name)) answers.push(await inner({}))
        else await callBelow(inner)
      }
    }
  })

  test('the client has a function for every operation of the document and no other', () => {
    assert.deepEqual(sentRequests.map(({ call }) => call).sort(), [...described.keys()].sort())
  })

  test('the token is sent only to operations that require it', () => {
    for (const { call, token: sent } of sentRequests) {
      assert.equal(sent, described.get(call)?.takesToken ? `Bearer ${token}` : null, call)
    }
    assert.ok(sentRequests.some(({ token: sent }) => sent === null))
  })

  test('a body is sent only to operations that take one', () => {
    for (const { call, body } of sentRequests) {
      assert.deepEqual(body, described.get(call)?.hasBody ? {} : undefined, call)
    }
  })

  test('every error is returned as its problem, with a status and code that the types declare', () => {
    const source = readFileSync(join(root, 'client/latchkey.ts'), 'utf8')
    const table = /export interface ProblemStatus \{(.*?)^\}/ms.exec(source)?.[1] ?? ''
    const known = new Map(
      [...table.matchAll(/^ {2}(\w+): (\d+)$/gm)].map(([, code, status]) => [code, Number(status)]),
    )
    for (const { ok, status, problem } of answers) {
      if (ok) continue
      assert.ok(problem)
      assert.equal(known.get(problem.code), status, problem.code)
    }
    assert.ok(answers.some(({ status }) => status === 401))
    assert.ok(answers.some(({ ok }) => ok))
  })
})

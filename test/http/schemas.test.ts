/** The service compiles a schema at first use; here all of them are compiled, and checked strictly. */
import assert from 'node:assert/strict'
import { subscribe } from 'node:diagnostics_channel'
import { test } from 'node:test'
import { Ajv2020 } from 'ajv/dist/2020.js'
import formats from 'ajv-formats'
import fastJsonStringify from 'fast-json-stringify'
import type { FastifyInstance, RouteOptions } from 'fastify'
import { ProblemSchema } from '../../src/http/schemas.ts'
import { compileValidator } from '../../src/http/validation.ts'
import { onDatabase } from '../support/latchkey.ts'

const routes: RouteOptions[] = []
subscribe('fastify.initialization', (message) => {
  const { fastify } = message as { fastify: FastifyInstance }
  fastify.addHook('onRoute', (route) => {
    routes.push(route)
  })
})

onDatabase('SQLite', () => {
  test('every schema of a request compiles and is valid JSON Schema', () => {
    const ajv = formats.default(new Ajv2020({ strict: true, allowUnionTypes: true }))
    let compiled = 0
    for (const { method, url, schema } of routes) {
      for (const part of [schema?.body, schema?.querystring, schema?.params, schema?.headers]) {
        if (!part) continue
        assert.doesNotThrow(() => ajv.compile(part as object), `${method} ${url}`)
        compiled += 1
      }
    }
    assert.ok(compiled > 40, `${compiled} schemas`)
  })

  // Abuse case (Overload): A name of 16 KiB blocked the event loop for 1.2 s, because
  // its pattern ran although `maxLength` had failed, in time that grew with the square.
  test('validating text takes time that grows with its length, in every field', () => {
    let fields = 0
    for (const { method, url, schema } of routes) {
      for (const httpPart of ['body', 'querystring', 'params'] as const) {
        const part = schema?.[httpPart] as JsonSchema | undefined
        if (!part) continue
        const validate = compileValidator({ schema: part, method: String(method), url, httpPart })
        for (const path of stringFields(part)) {
          fields += 1
          for (const text of worstTexts) {
            const [short, long] = [8, 16].map((kib) => {
              const value = nest(path, `${text.repeat((kib * 1024) / text.length)}\u0001`)
              return Math.min(...Array.from({ length: 3 }, () => timed(() => validate(value))))
            })
            // Below 5 ms nothing stalls, and a timer says little.
            const limit = Math.max(2.5 * Number(short), 5)
            const field = `${method} ${url} ${httpPart} ${path.join('.')}`
            assert.ok(Number(long) <= limit, `${field}: ${short} ms for 8 KiB, ${long} ms for 16`)
          }
        }
      }
    }
    assert.ok(fields > 60, `${fields} fields`)
  })

  test('no pattern runs on text that is longer than its field allows', () => {
    const schema = { type: 'string', maxLength: 10, pattern: '^a*$' }
    const validate = compileValidator({
      schema,
      method: 'POST',
      url: '/',
      httpPart: 'body',
    })
    const keywordsOf = (text: string) => {
      const { error } = validate(text) as { error: { keyword: string }[] }
      return error.map(({ keyword }) => keyword)
    }
    assert.deepEqual(keywordsOf('b'.repeat(10)), ['pattern'])
    assert.deepEqual(keywordsOf('b'.repeat(21)), ['maxLength'])
  })

  test('every schema of a response compiles', () => {
    let compiled = 0
    for (const { method, url, schema } of routes) {
      const responses = Object.entries((schema?.response ?? {}) as Record<string, object>)
      for (const [status, response] of responses) {
        const { content } = response as { content?: Record<string, { schema: object }> }
        const schemas = content ? Object.values(content).map((one) => one.schema) : [response]
        for (const one of schemas) {
          const external = Number(status) < 400 ? {} : { schema: { Problem: ProblemSchema } }
          assert.doesNotThrow(() => fastJsonStringify(one, external), `${method} ${url} ${status}`)
          compiled += 1
        }
      }
    }
    assert.ok(compiled > 400, `${compiled} schemas`)
  })
})

interface JsonSchema {
  type?: string
  properties?: Record<string, JsonSchema>
  items?: JsonSchema
  anyOf?: JsonSchema[]
}

/** Repeated text, before a character that no field allows: only a failing match backtracks. */
const worstTexts = ['a', ' ', '\u00a0', '\u0001', 'a ', '+1', '@.', 'é', '😀', '0', '-', '/', '%']

/** The paths of all strings in a schema; `0` is the first element of an array. */
function stringFields(schema: JsonSchema): string[][] {
  if (schema.type === 'string') return [[]]
  return [
    ...Object.entries(schema.properties ?? {}).flatMap(([name, inner]) =>
      stringFields(inner).map((path) => [name, ...path]),
    ),
    ...(schema.items ? stringFields(schema.items).map((path) => ['0', ...path]) : []),
    ...(schema.anyOf ?? []).flatMap(stringFields),
  ]
}

function nest([name, ...rest]: string[], text: string): unknown {
  if (name === undefined) return text
  return name === '0' ? [nest(rest, text)] : { [name]: nest(rest, text) }
}

function timed(work: () => unknown): number {
  const start = performance.now()
  work()
  return performance.now() - start
}

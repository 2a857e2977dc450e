/** The service compiles a schema at first use; here all of them are compiled, and checked strictly. */
import assert from 'node:assert/strict'
import { subscribe } from 'node:diagnostics_channel'
import { test } from 'node:test'
import { Ajv2020 } from 'ajv/dist/2020.js'
import formats from 'ajv-formats'
import fastJsonStringify from 'fast-json-stringify'
import type { FastifyInstance, RouteOptions } from 'fastify'
import { ProblemSchema } from '../../src/http/schemas.ts'
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

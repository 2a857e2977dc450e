/** The JSON responses on the pages conform to the OpenAPI document. */
import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import { contractOf } from '../support/contract.ts'
import { listMarkdownFiles, readPage, root } from '../support/markdown.ts'
import { resolveResponse } from '../support/openapi.ts'

const document = JSON.parse(readFileSync(join(root, 'openapi.json'), 'utf8'))
const contract = contractOf(document)

/** `<!-- POST /auth/SignIn 200 -->` stands before the response it describes. */
const marked = /<!-- (GET|POST|PUT|DELETE) (\/\S+) (\d{3}) -->\n```json\n(.*?)\n```/gs

const examples = listMarkdownFiles().flatMap((page) =>
  [...readPage(page).matchAll(marked)].map(
    ([, method = '', path = '', status = '', json = '']) => ({ page, method, path, status, json }),
  ),
)

for (const { page, method, path, status, json } of examples) {
  test(`${page}: the example of ${method} ${path} ${status} is a valid response`, () => {
    const type = Number(status) < 400 ? 'application/json' : 'application/problem+json'
    const body = JSON.parse(json)
    contract.check({ method, path, status: Number(status), type, body })
    // A schema accepts fields that it does not describe; a page must not show any.
    const response = document.paths[path][method.toLowerCase()].responses[status]
    const { content } = resolveResponse(document, response)
    const described = fieldsOf(content[type].schema)
    for (const name of Object.keys(body)) assert.ok(described.has(name), `${name} is no field`)
  })
}

test('the integration pages mention every operation', () => {
  const page = readPage('docs/integrate.md') + readPage('docs/verify-tokens.md')
  for (const path of Object.keys(document.paths)) {
    if (path.startsWith('/health/')) continue
    assert.ok(page.includes(path), path)
  }
  assert.ok(examples.length > 0)
})

/** The fields that a schema or any of its alternatives names. */
function fieldsOf(schema: { $ref?: string; anyOf?: object[]; properties?: object }): Set<string> {
  const { $ref, anyOf = [], properties = {} } = schema
  const named = $ref?.split('/').at(-1)
  const more = named ? [document.components.schemas[named]] : anyOf
  return new Set([...Object.keys(properties), ...more.flatMap((other) => [...fieldsOf(other)])])
}

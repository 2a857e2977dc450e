import assert from 'node:assert/strict'
import { Ajv2020, type ValidateFunction } from 'ajv/dist/2020.js'
import formats from 'ajv-formats'

interface OpenApiDocument {
  paths: Record<string, Record<string, Operation>>
  components: { responses: Record<string, Response> }
}
interface Operation {
  responses: Record<string, Response | { $ref: string }>
}
interface Response {
  /** The examples of problem responses are named after their codes: one for each that can occur. */
  content?: Record<string, { schema: object; examples?: Record<string, object> }>
}

/** Checks responses against the OpenAPI document of the service. */
export interface Contract {
  /** Fails unless the document describes this response. */
  check(response: RecordedResponse): void
}

export interface RecordedResponse {
  method: string
  path: string
  status: number
  type: string | null
  body: unknown
}

/** Contracts by their operations: compiling one takes longer than most tests, and few settings change it. */
const contracts = new Map<string, Contract>()

export function contractOf(document: unknown): Contract {
  const { paths, components } = document as OpenApiDocument
  const key = JSON.stringify({ paths, components })
  const contract = contracts.get(key) ?? createContract({ paths, components })
  contracts.set(key, contract)
  return contract
}

function createContract(document: OpenApiDocument): Contract {
  const ajv = new Ajv2020({ strict: false, allErrors: true })
  formats.default(ajv)
  ajv.addSchema({ $id: 'openapi', ...document })
  const { paths, components } = document
  const compiled = new Map<string, ValidateFunction>()

  return {
    check({ method, path, status, type, body }) {
      const [template, operations] = findOperations(paths, path) ?? []
      const operation = operations?.[method.toLowerCase()]
      const label = `${method} ${path.split('?')[0]} ${status}`
      if (!template || !operation) {
        // The service must reject an operation that is not described, with a problem.
        return validate('#/components/schemas/Problem', body, label)
      }
      const described = operation.responses[status]
      assert.ok(described, `${label} is not in the OpenAPI document: ${JSON.stringify(body)}`)
      const shared = '$ref' in described ? described.$ref.split('/').at(-1) : undefined
      const response = shared === undefined ? (described as Response) : components.responses[shared]
      assert.ok(response, `${label} refers to ${shared}, which is not a component`)
      if (!response.content) return assert.equal(body, undefined, `${label} has a body`)
      const media = (type ?? '').split(';')[0] ?? ''
      const content = response.content[media]
      assert.ok(content, `${label} has the content type ${type}`)
      if (media === 'application/problem+json') {
        const { code } = body as { code: string }
        const listed = Object.keys(content.examples ?? {})
        assert.ok(listed.includes(code), `${label} lists ${listed}, but responded ${code}`)
      }
      const pointer =
        shared === undefined
          ? ['paths', template, method.toLowerCase(), 'responses', String(status)]
          : ['components', 'responses', shared]
      validate(
        `#/${[...pointer, 'content', media, 'schema'].map(escapePointer).join('/')}`,
        body,
        label,
      )
    },
  }

  function validate(pointer: string, body: unknown, label: string): void {
    let check = compiled.get(pointer)
    if (!check) {
      check = ajv.compile({ $ref: `openapi${pointer}` })
      compiled.set(pointer, check)
    }
    assert.ok(check(body), `${label}: ${ajv.errorsText(check.errors)} in ${JSON.stringify(body)}`)
  }
}

function findOperations(paths: OpenApiDocument['paths'], path: string) {
  const segments = (path.split('?')[0] ?? '').split('/')
  return Object.entries(paths).find(([template]) => {
    const parts = template.split('/')
    return (
      parts.length === segments.length &&
      parts.every((part, i) => part === segments[i] || part.startsWith('{'))
    )
  })
}

const escapePointer = (part: string) =>
  encodeURIComponent(part.replaceAll('~', '~0').replaceAll('/', '~1'))

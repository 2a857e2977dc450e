/** What the OpenAPI document says, as a list of calls to try. */
import type { TestLatchkey } from './latchkey.ts'

export interface Operation {
  method: string
  path: string
  operationId: string
  summary: string
  tags: string[]
  /** Whether it wants an access token, and not only takes one. */
  requiresToken: boolean
  statuses: string[]
  /** Whether an answer of it can hold an access token. */
  returnsTokens: boolean
  // biome-ignore lint/suspicious/noExplicitAny: a JSON Schema
  body: any
  /** Whether the document says that a request without a body is refused. */
  requiresBody: boolean
}

const methods = ['get', 'post', 'put', 'patch', 'delete']

/** Every call of the service's own document. */
export async function operations(latchkey: TestLatchkey): Promise<Operation[]> {
  const answer = await fetch(`${latchkey.origin}/openapi.json`)
  const document = JSON.parse(await answer.text())
  return Object.entries(document.paths).flatMap(([path, operations]) =>
    Object.entries(operations as object)
      .filter(([method]) => methods.includes(method))
      .map(([method, operation]) => ({
        method: method.toUpperCase(),
        path,
        operationId: operation.operationId,
        summary: operation.summary,
        tags: operation.tags,
        requiresToken: operation.security?.length > 0 && !operation.security.some(isAnonymous),
        statuses: Object.keys(operation.responses),
        returnsTokens: JSON.stringify(operation.responses).includes('"accessToken"'),
        body: operation.requestBody?.content['application/json'].schema,
        requiresBody: operation.requestBody?.required === true,
      })),
  )
}

/** A response of a call, in place of a reference to it. */
// biome-ignore lint/suspicious/noExplicitAny: a response object of OpenAPI
export function resolveResponse(document: any, response: any): any {
  const name = response.$ref?.replace('#/components/responses/', '')
  return name === undefined ? response : document.components.responses[name]
}

/** One of several ways to be let in, and that is to bring nothing. */
function isAnonymous(scheme: object): boolean {
  return Object.keys(scheme).length === 0
}

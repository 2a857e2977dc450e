/** The operations of the OpenAPI document. */
import type { TestLatchkey } from './latchkey.ts'

export interface Operation {
  method: string
  path: string
  operationId: string
  summary: string
  tags: string[]
  /** Whether an access token is accepted. */
  acceptsToken: boolean
  /** Whether an access token is required. */
  requiresToken: boolean
  statuses: string[]
  /** Whether a response can contain an access token. */
  returnsTokens: boolean
  // biome-ignore lint/suspicious/noExplicitAny: a JSON Schema
  body: any
  /** Whether a body is required. */
  requiresBody: boolean
}

const methods = ['get', 'post', 'put', 'patch', 'delete']

/** Lists every operation of the service’s own document. */
export async function operations(latchkey: TestLatchkey): Promise<Operation[]> {
  const response = await fetch(`${latchkey.origin}/openapi.json`)
  const document = JSON.parse(await response.text())
  return Object.entries(document.paths).flatMap(([path, operations]) =>
    Object.entries(operations as object)
      .filter(([method]) => methods.includes(method))
      .map(([method, operation]) => ({
        method: method.toUpperCase(),
        path,
        operationId: operation.operationId,
        summary: operation.summary,
        tags: operation.tags,
        acceptsToken: operation.security?.length > 0,
        requiresToken: operation.security?.length > 0 && !operation.security.some(isAnonymous),
        statuses: Object.keys(operation.responses),
        returnsTokens: JSON.stringify(operation.responses).includes('"accessToken"'),
        body: operation.requestBody?.content['application/json'].schema,
        requiresBody: operation.requestBody?.required === true,
      })),
  )
}

/** Resolves a reference to a shared response. */
// biome-ignore lint/suspicious/noExplicitAny: a response object of OpenAPI
export function resolveResponse(document: any, response: any): any {
  const name = response.$ref?.replace('#/components/responses/', '')
  return name === undefined ? response : document.components.responses[name]
}

/** Whether a security requirement is empty, so that no token is needed. */
function isAnonymous(scheme: object): boolean {
  return Object.keys(scheme).length === 0
}

/** Problem responses and their examples as components of the OpenAPI document. */

/** The part of an OpenAPI document that is read and changed here. */
interface Document {
  paths?: Record<string, Record<string, Operation>>
  components?: { responses?: Record<string, object>; examples?: Record<string, object> }
}

interface Operation {
  responses: Record<string, ProblemResponse | object>
}

interface ProblemResponse {
  content: { 'application/problem+json': { examples: Record<string, object> } }
}

/**
 * Replaces each problem response by a reference to a component. Operations that answer a status
 * with equal codes share one, which is named after the codes: `missing_token.invalid_token`.
 */
export function shareProblemResponses(document: Document): void {
  const responses: Record<string, object> = {}
  const examples: Record<string, object> = {}
  for (const operation of Object.values(document.paths ?? {}).flatMap(Object.values<Operation>)) {
    for (const [status, response] of Object.entries(operation.responses)) {
      if (!isProblemResponse(response)) continue
      const problem = response.content['application/problem+json']
      const codes = Object.keys(problem.examples)
      const name = codes.join('.')
      Object.assign(examples, problem.examples)
      responses[name] = {
        ...response,
        content: {
          'application/problem+json': {
            ...problem,
            examples: Object.fromEntries(
              codes.map((code) => [code, { $ref: `#/components/examples/${code}` }]),
            ),
          },
        },
      }
      operation.responses[status] = { $ref: `#/components/responses/${name}` }
    }
  }
  document.components = { ...document.components, responses, examples }
}

function isProblemResponse(response: object): response is ProblemResponse {
  return 'content' in response && 'application/problem+json' in (response.content as object)
}

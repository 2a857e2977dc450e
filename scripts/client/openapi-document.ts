/** The parts of an OpenAPI document that the generator reads. */
import type { Schema } from './type-writer.ts'

export interface OpenApiDocument {
  paths: Record<string, Record<string, Operation>>
  components: { schemas: { Problem: Schema } & Record<string, Schema> }
}

export interface Operation {
  operationId: string
  summary: string
  description?: string
  security?: object[]
  parameters?: {
    in: string
    name: string
    required?: boolean
    description?: string
    schema: Schema
  }[]
  requestBody?: { content: Record<string, { schema: Schema }> }
  responses: Record<string, Response>
}

interface Response {
  content?: Record<string, { schema: Schema; examples?: Record<string, { value: Example }> }>
}

export interface Example {
  status: number
  detail: string
}

/** Replaces references to shared responses and examples by the components themselves. */
export function inlineResponses(document: OpenApiDocument): OpenApiDocument {
  const components: Record<string, Record<string, object>> = { ...document.components }
  return inline(document) as OpenApiDocument

  function inline(value: unknown): unknown {
    if (Array.isArray(value)) return value.map(inline)
    if (typeof value !== 'object' || value === null) return value
    const { $ref } = value as { $ref?: unknown }
    const [, kind = '', name = ''] =
      /^#\/components\/(responses|examples)\/(.+)$/.exec(String($ref)) ?? []
    if (kind !== '') return inline(components[kind]?.[name])
    return Object.fromEntries(Object.entries(value).map(([key, inner]) => [key, inline(inner)]))
  }
}

export const operationsOf = ({ paths }: OpenApiDocument): Operation[] =>
  Object.values(paths).flatMap((methods) => Object.values(methods))

export const acceptsToken = ({ security = [] }: Operation) =>
  security.some((scheme) => 'bearer' in scheme)

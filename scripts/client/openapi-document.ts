/** What the generator reads of an OpenAPI document. */
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

export const operationsOf = ({ paths }: OpenApiDocument): Operation[] =>
  Object.values(paths).flatMap((methods) => Object.values(methods))

export const acceptsToken = ({ security = [] }: Operation) =>
  security.some((scheme) => 'bearer' in scheme)

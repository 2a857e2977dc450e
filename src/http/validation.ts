import { Ajv } from 'ajv'
import formats from 'ajv-formats'
import type { FastifySchemaCompiler, FastifySchemaValidationError } from 'fastify'

const options = { allErrors: true, removeAdditional: false, useDefaults: true } as const

/** Validates bodies as they are, and turns the texts of a query into the numbers they stand for. */
export function createValidatorCompiler(): FastifySchemaCompiler<object> {
  // `default` is how the plugin is reached from an ES module.
  const strict = formats.default(new Ajv({ ...options, coerceTypes: false }))
  const coercing = formats.default(new Ajv({ ...options, coerceTypes: true }))
  return ({ schema, httpPart }) => (httpPart === 'body' ? strict : coercing).compile(schema)
}

/** More fields than any request has: whoever sends thousands of others is not told of each. */
const maxErrors = 20

/** What is wrong with a request, field by field, in words. */
export function describeErrors(
  validation: FastifySchemaValidationError[],
  context = 'body',
): { path: string; message: string }[] {
  const errors = validation.slice(0, maxErrors).map((error) => ({
    path: pathOf(error),
    message: messageOf(error, context),
  }))
  // One sentence a field says enough.
  return errors.filter((error, i) => errors.findIndex((other) => other.path === error.path) === i)
}

function pathOf({ instancePath, params }: FastifySchemaValidationError): string {
  const name = params.missingProperty ?? params.additionalProperty
  return name === undefined ? instancePath : `${instancePath}/${escapePointer(String(name))}`
}

/** A name as a part of a JSON pointer (RFC 6901 §3). */
export function escapePointer(name: string): string {
  return name.replaceAll('~', '~0').replaceAll('/', '~1')
}

function messageOf(error: FastifySchemaValidationError, context: string): string {
  const { keyword, params } = error
  switch (keyword) {
    case 'required':
      return 'is missing'
    case 'additionalProperties':
      return 'is not a field of this request'
    case 'enum':
      return `must be one of: ${[params.allowedValues].flat().join(', ')}`
    case 'type':
      return error.instancePath === ''
        ? `must be a JSON object (${context})`
        : `must be ${/^[aio]/.test(String(params.type)) ? 'an' : 'a'} ${params.type}`
    case 'minLength':
      return params.limit === 1
        ? 'must not be empty'
        : `must have ${params.limit} characters or more`
    case 'maxLength':
      return `must have ${params.limit} characters at most`
    default:
      return error.message ?? 'is not valid'
  }
}

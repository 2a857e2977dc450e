import { Ajv, type AnySchemaObject, type Options, type ValidateFunction } from 'ajv'
import formats from 'ajv-formats'
import type { FastifySchemaCompiler, FastifySchemaValidationError } from 'fastify'

const options = {
  allErrors: true,
  removeAdditional: false,
  useDefaults: true,
  // A test validates the schemas; at run time it would double the cost of compiling them.
  validateSchema: false,
} as const

/** Bodies are validated without type coercion, queries with it: their numbers arrive as strings. */
const strict = createAjv({ ...options, coerceTypes: false })
const coercing = createAjv({ ...options, coerceTypes: true })

/**
 * Validates a part of a request. A schema is compiled when its first value arrives: compiling all
 * takes most of the time of a start.
 */
export const compileValidator: FastifySchemaCompiler<object> = ({ schema, httpPart }) => {
  let validate: ValidateFunction | undefined
  return (value) => {
    validate ??= (httpPart === 'body' ? strict : coercing).compile(schema)
    return validate(value) || { error: validate.errors as FastifySchemaValidationError[] }
  }
}

function createAjv(options: Options): Ajv {
  // The CommonJS plugin's function is under `default` in ES modules.
  const ajv = formats.default(new Ajv(options))
  // With `allErrors`, Ajv runs a pattern also on text that is longer than `maxLength` allows.
  ajv.removeKeyword('pattern')
  ajv.addKeyword({
    keyword: 'pattern',
    type: 'string',
    schemaType: 'string',
    error: { message: 'has characters that are not allowed here' },
    compile(pattern: string, { maxLength }: AnySchemaObject) {
      if (maxLength === undefined) throw new Error(`The pattern ${pattern} needs a maxLength.`)
      const regExp = new RegExp(pattern, 'u')
      // Code units: text of `maxLength` characters has up to twice as many.
      return (text: string) => text.length > 2 * maxLength || regExp.test(text)
    },
  })
  return ajv
}

/** More than any request has fields, so that thousands of unknown ones do not bloat the response. */
const maxErrors = 20

/** Turns validation errors into one message per field. */
export function describeErrors(
  validation: FastifySchemaValidationError[],
  context = 'body',
): { path: string; message: string }[] {
  const errors = validation.slice(0, maxErrors).map((error) => ({
    path: pathOf(error),
    message: messageOf(error, context),
  }))
  // The first message of each field.
  return errors.filter((error, i) => errors.findIndex((other) => other.path === error.path) === i)
}

function pathOf({ instancePath, params }: FastifySchemaValidationError): string {
  const name = params.missingProperty ?? params.additionalProperty
  return name === undefined ? instancePath : `${instancePath}/${escapePointer(String(name))}`
}

/** Escapes a name as a segment of a JSON pointer (RFC 6901 §3). */
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
        : `must have at least ${params.limit} characters`
    case 'maxLength':
      return `must have at most ${params.limit} characters`
    default:
      return error.message ?? 'is not valid'
  }
}

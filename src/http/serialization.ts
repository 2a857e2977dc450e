import fastJsonStringify from 'fast-json-stringify'
import type { FastifySerializerCompiler } from 'fastify'

/**
 * Writes the documented fields of a response and drops all others. A schema is compiled when its
 * first response is sent. Problem responses do not come here: the error handler writes them itself.
 */
export const compileSerializer: FastifySerializerCompiler<object> = ({ schema }) => {
  let serialize: ((body: unknown) => string) | undefined
  return (body) => {
    serialize ??= fastJsonStringify(schema)
    return serialize(body)
  }
}

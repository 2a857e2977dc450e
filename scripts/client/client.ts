/** The typed client, written from the OpenAPI document. */
import { spawnSync } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { type Document, type Operation, takesToken } from './document.ts'
import { codesOf, groupsOf, problemTypes } from './problems.ts'
import { comment, type Schema, Types } from './types.ts'

/** A piece of the path: what can be called there, and what comes below it. */
interface Place {
  calls: Map<string, string>
  below: Map<string, Place>
}

const firstLine =
  '// Made from openapi.json by `npm run generate`. Not to be edited: what you change is lost.'

export function clientFile(document: Document): string {
  const types = new Types(document.components.schemas)
  const groups = groupsOf(document)

  const root = place()
  for (const [path, methods] of Object.entries(document.paths)) {
    const segments = path.split('/').slice(1).map(nameOf)
    let here = root
    for (const segment of segments) here = at(here, segment)
    for (const [method, operation] of Object.entries(methods)) {
      here.calls.set(method, call(method, path, operation, types, groups))
    }
  }

  return formatted(
    [
      firstLine,
      `${comment('Every call of Latchkey as a function, found along its path. No answer is an exception: look at `ok`, then at `status` or `problem.code`.')}export function createLatchkey(options: Options) {
        const call = caller(options)
        return ${object(root)}
      }`,
      'export type Latchkey = ReturnType<typeof createLatchkey>',
      runtime(),
      ...problemTypes(document, groups, types),
      types.declarations,
    ].join('\n\n'),
  )
}

const place = (): Place => ({ calls: new Map(), below: new Map() })

function at({ below }: Place, name: string): Place {
  const found = below.get(name) ?? place()
  below.set(name, found)
  return found
}

/** `MfaSignIn` is `mfaSignIn`, `jwks.json` is `jwksJson`, `{id}` is `byId(id: string)`. */
function nameOf(segment: string): string {
  const words = segment.split(/[^A-Za-z0-9]+/).filter((word) => word !== '')
  const pascal = words.map((word) => word.charAt(0).toUpperCase() + word.slice(1)).join('')
  if (segment.startsWith('{')) return `by${pascal}(${words.join()}: string)`
  return pascal.charAt(0).toLowerCase() + pascal.slice(1)
}

function object({ calls, below }: Place): string {
  const places = [...below].map(([name, inner]) =>
    name.endsWith(')') ? `${name} { return ${object(inner)} }` : `${name}: ${object(inner)}`,
  )
  return `{\n${[...calls.values(), ...places].join(',\n')}\n}`
}

/** One function, with its docstring. */
function call(
  method: string,
  path: string,
  operation: Operation,
  types: Types,
  groups: Record<string, string[]>,
): string {
  const { operationId, summary, description, parameters = [], requestBody, responses } = operation
  const named = operationId.charAt(0).toUpperCase() + operationId.slice(1)
  const given: string[] = []
  const extras = takesToken(operation) ? ['token: true'] : []

  const body = requestBody?.content['application/json']?.schema
  if (body) {
    given.push(argument('body', types.of(body, 'sent', `${named}Body`), body))
    extras.push('body')
  }
  const query = querySchema(parameters)
  if (query) {
    given.push(argument('query', types.of(query, 'sent', `${named}Query`), query))
    extras.push('query')
  }

  const good = Object.entries(responses).filter(([status]) => Number(status) < 400)
  const success = good.map(([status, { content }]) => {
    const schema = content?.['application/json']?.schema
    const data = schema ? types.of(schema, 'received', `${named}Answer`) : 'undefined'
    return `Success<${status}, ${data}>`
  })

  const to = path.replace(/\{(\w+)\}/g, (_, name) => `\${encodeURIComponent(${name})}`)
  const written = [
    JSON.stringify(method.toUpperCase()),
    to === path ? JSON.stringify(path) : `\`${to}\``,
    ...(extras.length > 0 ? [`{ ${extras.join(', ')} }`] : []),
  ]
  const title = `${summary} (\`${method.toUpperCase()} ${path}\`).`
  return `${comment(title, description)}${method}: (${given}) =>
    call<${success.join(' | ')}, ${codesOf(operation, groups)}>(${written})`
}

function argument(name: string, type: string, { required = [] }: Schema): string {
  return required.length > 0 ? `${name}: ${type}` : `${name}: ${type} = {}`
}

/** A `cursor` may be handed on as it came, so null stands for nothing too. */
function querySchema(parameters: Operation['parameters'] = []): Schema | undefined {
  const inQuery = parameters.filter((parameter) => parameter.in === 'query')
  if (inQuery.length === 0) return undefined
  const fields = inQuery.map(({ name, required, schema, description }): [string, Schema] => [
    name,
    {
      ...(required ? schema : { anyOf: [schema, { type: 'null' }] }),
      ...(description !== undefined && { description }),
    },
  ])
  const required = inQuery.filter((parameter) => parameter.required).map(({ name }) => name)
  return { type: 'object', properties: Object.fromEntries(fields), required }
}

/** The part that is written by hand, as a part of one file: without its imports and exports. */
function runtime(): string {
  const source = readFileSync(join(import.meta.dirname, 'runtime.ts'), 'utf8')
  return source.replace(/^\/\/.*\n|^import .*\n/gm, '').replace('export function', 'function')
}

/** As Biome would have it, so that `npm run check` finds nothing to change. */
function formatted(source: string): string {
  const { status, stdout, stderr } = spawnSync(
    process.execPath,
    ['node_modules/.bin/biome', 'format', '--stdin-file-path=client/latchkey.ts'],
    { input: source, encoding: 'utf8' },
  )
  if (status !== 0) throw new Error(`The client could not be formatted: ${stderr}`)
  return stdout
}

/** Generates the typed client from the OpenAPI document. */
import { spawnSync } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import {
  acceptsToken,
  inlineResponses,
  type OpenApiDocument,
  type Operation,
} from './openapi-document.ts'
import { codesOf, declareProblemTypes, groupsOf } from './problem-types.ts'
import { comment, type Schema, TypeWriter } from './type-writer.ts'

/** A path segment: its calls by method, and the segments below it. */
interface PathNode {
  methods: Map<string, string>
  children: Map<string, PathNode>
}

const header =
  '// Generated from openapi.json by `npm run generate`. Do not edit: changes are overwritten.'

export function generateClient(published: OpenApiDocument): string {
  const document = inlineResponses(published)
  const types = new TypeWriter(document.components.schemas)
  const groups = groupsOf(document)

  const root = newPathNode()
  for (const [path, methods] of Object.entries(document.paths)) {
    const segments = path.split('/').slice(1).map(propertyNameOf)
    let node = root
    for (const segment of segments) node = childOf(node, segment)
    for (const [method, operation] of Object.entries(methods)) {
      node.methods.set(method, renderCall(method, path, operation, types, groups))
    }
  }

  return formatSource(
    [
      header,
      `${comment('Every call of Latchkey as a function, named after its path. Error responses are returned, not thrown: check `ok`, then `status` or `problem.code`.')}export function createLatchkey(options: Options) {
        const call = createCall(options)
        return ${renderNode(root)}
      }`,
      'export type Latchkey = ReturnType<typeof createLatchkey>',
      readRuntime(),
      ...declareProblemTypes(document, groups, types),
      types.declarations,
    ].join('\n\n'),
  )
}

const newPathNode = (): PathNode => ({ methods: new Map(), children: new Map() })

function childOf({ children }: PathNode, name: string): PathNode {
  const found = children.get(name) ?? newPathNode()
  children.set(name, found)
  return found
}

/** `MfaSignIn` is `mfaSignIn`, `jwks.json` is `jwksJson`, `{id}` is `byId(id: string)`. */
function propertyNameOf(segment: string): string {
  const words = segment.split(/[^A-Za-z0-9]+/).filter((word) => word !== '')
  const pascal = words.map((word) => word.charAt(0).toUpperCase() + word.slice(1)).join('')
  if (segment.startsWith('{')) return `by${pascal}(${words.join()}: string)`
  return pascal.charAt(0).toLowerCase() + pascal.slice(1)
}

function renderNode({ methods, children }: PathNode): string {
  const below = [...children].map(([name, inner]) =>
    name.endsWith(')')
      ? `${name} { return ${renderNode(inner)} }`
      : `${name}: ${renderNode(inner)}`,
  )
  return `{\n${[...methods.values(), ...below].join(',\n')}\n}`
}

/** Renders one call as a function with its docstring. */
function renderCall(
  method: string,
  path: string,
  operation: Operation,
  types: TypeWriter,
  groups: Record<string, string[]>,
): string {
  const { operationId, summary, description, parameters = [], requestBody, responses } = operation
  const named = operationId.charAt(0).toUpperCase() + operationId.slice(1)
  const args: string[] = []
  const options = acceptsToken(operation) ? ['token: true'] : []

  const body = requestBody?.content['application/json']?.schema
  if (body) {
    args.push(renderParameter('body', types.write(body, 'sent', `${named}Body`), body))
    options.push('body')
  }
  const query = querySchema(parameters)
  if (query) {
    args.push(renderParameter('query', types.write(query, 'sent', `${named}Query`), query))
    options.push('query')
  }

  const good = Object.entries(responses).filter(([status]) => Number(status) < 400)
  const success = good.map(([status, { content }]) => {
    const schema = content?.['application/json']?.schema
    const data = schema ? types.write(schema, 'received', `${named}Response`) : 'undefined'
    return `Success<${status}, ${data}>`
  })

  const pathTemplate = path.replace(/\{(\w+)\}/g, (_, name) => `\${encodeURIComponent(${name})}`)
  const written = [
    JSON.stringify(method.toUpperCase()),
    pathTemplate === path ? JSON.stringify(path) : `\`${pathTemplate}\``,
    ...(options.length > 0 ? [`{ ${options.join(', ')} }`] : []),
  ]
  const title = `${summary} (\`${method.toUpperCase()} ${path}\`).`
  return `${comment(title, description)}${method}: (${args}) =>
    call<${success.join(' | ')}, ${codesOf(operation, groups)}>(${written})`
}

function renderParameter(name: string, type: string, { required = [] }: Schema): string {
  return required.length > 0 ? `${name}: ${type}` : `${name}: ${type} = {}`
}

/** Optional parameters also take null, so that a `nextCursor` can be passed on as received. */
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

/** The handwritten part, without its imports and exports. */
function readRuntime(): string {
  const source = readFileSync(join(import.meta.dirname, 'runtime.ts'), 'utf8')
  return source
    .replace(/^\/\/.*\n|^import [^']+'.+'\n/gm, '')
    .replace('export function', 'function')
}

/** Formats with Biome, so that `npm run check` passes. */
function formatSource(source: string): string {
  const { status, stdout, stderr } = spawnSync(
    process.execPath,
    ['node_modules/.bin/biome', 'format', '--stdin-file-path=client/latchkey.ts'],
    { input: source, encoding: 'utf8' },
  )
  if (status !== 0) throw new Error(`The client could not be formatted: ${stderr}`)
  return stdout
}

/** Problem codes, and the calls that each can come from. */
import {
  acceptsToken,
  type Example,
  type OpenApiDocument,
  type Operation,
  operationsOf,
} from './openapi-document.ts'
import { comment, type Schema, type TypeWriter } from './type-writer.ts'

/** Codes shared by many calls, by the name of their union type. */
type CodeGroups = Record<string, string[]>

const groupDescriptions: Record<string, string> = {
  CommonProblemCode: 'Problem codes of every call.',
  BodyProblemCode: 'Additional codes of calls that can have a body.',
  TokenProblemCode: 'Additional codes of calls with an access token.',
}

export function groupsOf(document: OpenApiDocument): CodeGroups {
  const operations = operationsOf(document)
  const always = commonCodes(operations)
  const additional = (some: Operation[]) =>
    commonCodes(some).filter((code) => !always.includes(code))
  return {
    CommonProblemCode: ['network', ...always],
    BodyProblemCode: additional(nonGetOperations(document)),
    TokenProblemCode: additional(operations.filter(acceptsToken)),
  }
}

/** Declares `Problem` in `types`. @returns the declarations that it refers to */
export function declareProblemTypes(
  document: OpenApiDocument,
  groups: CodeGroups,
  types: TypeWriter,
): string[] {
  const parameters = '<Code extends ProblemCode = ProblemCode>'
  types.declare(
    'Problem',
    genericProblem(document.components.schemas.Problem),
    'received',
    parameters,
  )
  return [
    renderStatusTable(operationsOf(document)),
    'export type ProblemCode = keyof ProblemStatus',
    ...Object.entries(groups).map(
      ([name, codes]) =>
        `${comment(groupDescriptions[name])}export type ${name} = ${unionOf(codes)}`,
    ),
  ]
}

const nonGetOperations = ({ paths }: OpenApiDocument) =>
  Object.values(paths).flatMap(({ get: _, ...others }) => Object.values(others))

/** The problem codes of an operation, each with an example. */
function examplesOf({ responses }: Operation): Map<string, Example> {
  const contents = Object.values(responses).map((one) => one.content?.['application/problem+json'])
  const found = contents.flatMap((content) => Object.entries(content?.examples ?? {}))
  return new Map(found.map(([code, { value }]) => [code, value]))
}

function commonCodes(operations: Operation[]): string[] {
  const [first = new Map(), ...others] = operations.map(examplesOf)
  return [...first.keys()].filter((code) => others.every((codes) => codes.has(code)))
}

/** An operation’s codes as a type: groups where it has all of one, without `CommonProblemCode`. */
export function codesOf(
  operation: Operation,
  { CommonProblemCode = [], ...groups }: CodeGroups,
): string {
  const codes = new Set(examplesOf(operation).keys()).difference(new Set(CommonProblemCode))
  const complete = Object.entries(groups).filter(([, group]) =>
    group.every((code) => codes.has(code)),
  )
  const rest = codes.difference(new Set(complete.flatMap(([, group]) => group)))
  const parts = [
    ...complete.map(([name]) => name),
    ...[...rest].map((code) => JSON.stringify(code)),
  ]
  return parts.join(' | ') || 'never'
}

const unionOf = (codes: string[]) => codes.map((code) => JSON.stringify(code)).join(' | ')

/** Declares `ProblemStatus`: each code with its meaning and status. */
function renderStatusTable(operations: Operation[]): string {
  const all = new Map(operations.flatMap((operation) => [...examplesOf(operation)]))
  const rows = [...all]
    .sort(([, one], [, other]) => one.status - other.status)
    .map(([code, { status, detail }]) => `${comment(detail)}${code}: ${status}`)
  const network = `${comment('No response from Latchkey: it is unreachable, or something in between responded instead. The call may have taken effect.')}network: 0`
  return `${comment('All problem codes, each with its HTTP status.')}export interface ProblemStatus {
    ${[network, ...rows].join('\n')}
  }`
}

/** Makes the `Problem` schema generic over its `Code`. */
function genericProblem(problem: Schema): Schema {
  const { code, status } = problem.properties ?? {}
  return {
    ...problem,
    properties: {
      ...problem.properties,
      code: { ...code, literalType: 'Code' },
      status: { ...status, literalType: 'ProblemStatus[Code]' },
    },
  }
}

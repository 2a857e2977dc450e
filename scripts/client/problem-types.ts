/** The codes of problems: which call can end with which. */
import {
  acceptsToken,
  type Example,
  type OpenApiDocument,
  type Operation,
  operationsOf,
} from './openapi-document.ts'
import { comment, type Schema, type TypeWriter } from './type-writer.ts'

/** Codes that many calls have in common, by the name of their union. */
type CodeGroups = Record<string, string[]>

const groupDescriptions: Record<string, string> = {
  Always: 'What any call may end with.',
  WithBody: 'What any call that may have a body can end with besides.',
  WithToken: 'What any call with an access token can end with besides.',
}

export function groupsOf(document: OpenApiDocument): CodeGroups {
  const operations = operationsOf(document)
  const always = commonCodes(operations)
  const additional = (some: Operation[]) =>
    commonCodes(some).filter((code) => !always.includes(code))
  return {
    Always: ['network', ...always],
    WithBody: additional(nonGetOperations(document)),
    WithToken: additional(operations.filter(acceptsToken)),
  }
}

/** Declares `Problem`, and writes what it is made of. */
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

/** The codes that an operation may answer, each with an example. */
function examplesOf({ responses }: Operation): Map<string, Example> {
  const contents = Object.values(responses).map((one) => one.content?.['application/problem+json'])
  const found = contents.flatMap((content) => Object.entries(content?.examples ?? {}))
  return new Map(found.map(([code, { value }]) => [code, value]))
}

function commonCodes(operations: Operation[]): string[] {
  const [first = new Map(), ...others] = operations.map(examplesOf)
  return [...first.keys()].filter((code) => others.every((codes) => codes.has(code)))
}

/** An operation’s codes: groups where it has all of one, without those that come always. */
export function codesOf(operation: Operation, { Always = [], ...groups }: CodeGroups): string {
  const codes = new Set(examplesOf(operation).keys()).difference(new Set(Always))
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

/** Each code, with its meaning and its status. */
function renderStatusTable(operations: Operation[]): string {
  const all = new Map(operations.flatMap((operation) => [...examplesOf(operation)]))
  const rows = [...all]
    .sort(([, one], [, other]) => one.status - other.status)
    .map(([code, { status, detail }]) => `${comment(detail)}${code}: ${status}`)
  const network = `${comment('No answer of Latchkey came back: it can’t be reached, or something on the way answered instead. Whether the call took effect is not known.')}network: 0`
  return `${comment('The codes that problems have, and the status that each comes with.')}export interface ProblemStatus {
    ${[network, ...rows].join('\n')}
  }`
}

/** A problem of one of the `Code`s, as the types of answers want it. */
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

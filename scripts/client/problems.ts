/** The codes of problems: which call can end with which. */
import {
  type Document,
  type Example,
  type Operation,
  operationsOf,
  takesToken,
} from './document.ts'
import { comment, type Schema, type Types } from './types.ts'

/** Codes that many calls have in common, by the name of their union. */
type Groups = Record<string, string[]>

const meanings: Record<string, string> = {
  Always: 'What any call may end with.',
  WithBody: 'What any call that may have a body can end with besides.',
  WithToken: 'What any call with an access token can end with besides.',
}

export function groupsOf(document: Document): Groups {
  const operations = operationsOf(document)
  const always = codesOfAll(operations)
  const besides = (some: Operation[]) => codesOfAll(some).filter((code) => !always.includes(code))
  return {
    Always: ['network', ...always],
    WithBody: besides(changing(document)),
    WithToken: besides(operations.filter(takesToken)),
  }
}

/** Declares `Problem`, and writes what it is made of. */
export function problemTypes(document: Document, groups: Groups, types: Types): string[] {
  const parameters = '<Code extends ProblemCode = ProblemCode>'
  types.declare('Problem', generic(document.components.schemas.Problem), 'received', parameters)
  return [
    statusTable(operationsOf(document)),
    'export type ProblemCode = keyof ProblemStatus',
    ...Object.entries(groups).map(
      ([name, codes]) => `${comment(meanings[name])}export type ${name} = ${union(codes)}`,
    ),
  ]
}

const changing = ({ paths }: Document) =>
  Object.values(paths).flatMap(({ get: _, ...others }) => Object.values(others))

/** The codes that an operation may answer, each with an example. */
function examples({ responses }: Operation): Map<string, Example> {
  const contents = Object.values(responses).map((one) => one.content?.['application/problem+json'])
  const found = contents.flatMap((content) => Object.entries(content?.examples ?? {}))
  return new Map(found.map(([code, { value }]) => [code, value]))
}

function codesOfAll(operations: Operation[]): string[] {
  const [first = new Map(), ...others] = operations.map(examples)
  return [...first.keys()].filter((code) => others.every((codes) => codes.has(code)))
}

/** An operation’s codes: groups where it has all of one, without those that come always. */
export function codesOf(operation: Operation, { Always = [], ...groups }: Groups): string {
  const codes = new Set(examples(operation).keys()).difference(new Set(Always))
  const whole = Object.entries(groups).filter(([, group]) => group.every((code) => codes.has(code)))
  const rest = codes.difference(new Set(whole.flatMap(([, group]) => group)))
  const parts = [...whole.map(([name]) => name), ...[...rest].map((code) => JSON.stringify(code))]
  return parts.join(' | ') || 'never'
}

const union = (codes: string[]) => codes.map((code) => JSON.stringify(code)).join(' | ')

/** Each code, with its meaning and its status. */
function statusTable(operations: Operation[]): string {
  const all = new Map(operations.flatMap((operation) => [...examples(operation)]))
  const rows = [...all]
    .sort(([, one], [, other]) => one.status - other.status)
    .map(([code, { status, detail }]) => `${comment(detail)}${code}: ${status}`)
  const network = `${comment('No answer of Latchkey came back: it can’t be reached, or something on the way answered instead. Whether the call took effect is not known.')}network: 0`
  return `${comment('The codes that problems have, and the status that each comes with.')}export interface ProblemStatus {
    ${[network, ...rows].join('\n')}
  }`
}

/** A problem of one of the `Code`s, as the types of answers want it. */
function generic(problem: Schema): Schema {
  const { code, status } = problem.properties ?? {}
  return {
    ...problem,
    properties: {
      ...problem.properties,
      code: { ...code, as: 'Code' },
      status: { ...status, as: 'ProblemStatus[Code]' },
    },
  }
}

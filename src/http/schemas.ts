import type { TSchema } from 'typebox'
import { Type } from 'typebox'
import { languages } from '../lib/language.ts'
import type { ProblemCode } from '../lib/problem.ts'
import type { ProblemBody } from './problem-response.ts'
import { problemTypes } from './problem-types.ts'

/** Marks a route as one for signed-in people. */
export const bearer = [{ bearer: [] }]

/** A body without unknown fields: what is not described is refused, not ignored. */
export function StrictObject<Fields extends Record<string, TSchema>>(
  fields: Fields,
  options: { examples?: unknown[]; description?: string } = {},
) {
  return Type.Object(fields, { additionalProperties: false, ...options })
}

export function Nullable<Schema extends TSchema>(schema: Schema, description: string) {
  return Type.Union([schema, Type.Null()], { description })
}

export const Instant = (description: string) =>
  Type.String({ format: 'date-time', description, examples: ['2026-11-24T09:00:00.000Z'] })

export const Seconds = (description: string) =>
  Type.Integer({ minimum: 0, description, examples: [300] })

export const Email = Type.String({
  minLength: 3,
  maxLength: 254,
  description: 'An email address.',
  examples: ['ada@example.com'],
})

export const Code = Type.String({
  minLength: 1,
  maxLength: 32,
  description: 'The code, as it was typed.',
  examples: ['123456'],
})

export const LanguageName = Type.Enum([...languages], {
  description: 'The language that messages are written in.',
})

export const Password = Type.String({
  minLength: 1,
  maxLength: 1024,
  description: 'Any characters, up to 1,024 bytes.',
  examples: ['correct horse battery'],
})

/** A secret that we made: never longer than this, so nothing longer is looked at. */
export const Token = (description: string) =>
  Type.String({ minLength: 1, maxLength: 2048, description })

const codes = Object.keys(problemTypes) as ProblemCode[]

/** The component that every error answer refers to. */
export const ProblemSchema = Type.Object(
  {
    type: Type.String({ format: 'uri', description: 'Where this kind of problem is explained.' }),
    title: Type.String(),
    status: Type.Integer({ minimum: 400, maximum: 599 }),
    code: Type.Enum(codes, { description: 'Stable: decide by this.' }),
    detail: Type.String({ description: 'A sentence for people: what to do.' }),
    requestId: Type.String({ description: 'The same as in X-Request-Id.' }),
    errors: Type.Optional(
      Type.Array(Type.Object({ path: Type.String(), message: Type.String() }), {
        description: 'Which fields were wrong, and why.',
      }),
    ),
    attemptsLeft: Type.Optional(Type.Integer({ minimum: 0 })),
    retryAfter: Type.Optional(Seconds('Seconds until it is worth trying again.')),
  },
  { $id: 'Problem', description: 'What went wrong (RFC 9457).' },
)

const Problem = Type.Unsafe<ProblemBody>({ $ref: 'Problem#' })

/** What any request may meet, whatever it asks for. */
const commonProblems: ProblemCode[] = ['malformed_request', 'internal_error', 'unavailable']

/** What any request may meet that can have a body, also one that needs none. */
export const bodyProblems = [
  'cross_site_request',
  'invalid_request',
  'payload_too_large',
  'unsupported_media_type',
] as const satisfies ProblemCode[]

/** What any request with an access token may meet. */
export const tokenProblems = [
  'missing_token',
  'invalid_token',
  'mfa_set_up_required',
] as const satisfies ProblemCode[]

/** What any change of how one signs in may be answered. */
export const stepUpProblems = [
  ...tokenProblems,
  'insufficient_user_authentication',
] as const satisfies ProblemCode[]

/** What any call for operators may be answered. */
export const operatorProblems = [
  ...stepUpProblems,
  'not_an_operator',
] as const satisfies ProblemCode[]

/** The error answers of a route, by status, as its `response` schema wants them. */
export function problemResponses(...specific: ProblemCode[]) {
  const byStatus: Record<number, ProblemCode[]> = {}
  const included = new Set([...specific, ...commonProblems])
  // In the table's order, so that equal sets of codes make equal responses, whoever lists them.
  for (const code of codes.filter((one) => included.has(one))) {
    const { status } = problemTypes[code]
    byStatus[status] = [...(byStatus[status] ?? []), code]
  }
  return Object.fromEntries(
    Object.entries(byStatus).map(([status, list]) => [
      status,
      {
        description: list.map((code) => `\`${code}\`: ${problemTypes[code].title}.`).join(' '),
        ...(status === '401' && {
          headers: { 'WWW-Authenticate': headerSchema('What to bring instead.') },
        }),
        ...(status === '429' && { headers: { 'Retry-After': headerSchema('Seconds to wait.') } }),
        ...(status === '503' && { headers: { 'Retry-After': headerSchema('Seconds to wait.') } }),
        content: {
          'application/problem+json': {
            schema: Problem,
            examples: Object.fromEntries(list.map((code) => [code, { value: exampleOf(code) }])),
          },
        },
      },
    ]),
  )
}

function headerSchema(description: string) {
  return { type: 'string', description }
}

function exampleOf(code: ProblemCode): ProblemBody {
  const { status, title, meaning } = problemTypes[code]
  return {
    type: `https://accounts.example.com/docs/errors#${code}`,
    title,
    status,
    code,
    detail: meaning,
    requestId: '0d4ea4c8-6f2b-4a3c-9b35-0f5bd4f0a2ae',
    ...(status === 429 && { retryAfter: 30 }),
    ...(status === 503 && { retryAfter: 5 }),
  }
}

/** The answer to everything that ends with somebody being signed in. */
export const TokenResponse = Type.Object(
  {
    status: Type.Literal('signedIn'),
    accessToken: Type.String({ description: 'A JWT (RFC 9068), for `Authorization: Bearer …`.' }),
    tokenType: Type.Literal('Bearer'),
    expiresIn: Seconds('Seconds until the access token expires.'),
    refreshToken: Type.Optional(
      Type.String({
        description:
          'Opaque; good for one `POST /auth/Refresh`. Always there, unless the request had it go into a cookie (`Latchkey-Session: cookie`).',
      }),
    ),
    refreshExpiresIn: Seconds('Seconds until the refresh token expires.'),
    mfaSetUpRequired: Type.Optional(
      Type.Literal(true, {
        description: 'These tokens can do nothing but set MFA up; refresh them when it is on.',
      }),
    ),
    deviceToken: Type.Optional(
      Type.String({ description: 'With `rememberDevice`: for the next `POST /auth/SignIn`.' }),
    ),
  },
  { title: 'SignedIn', description: 'Signed in.' },
)

export const CodeSent = Type.Object(
  {
    status: Type.Literal('codeSent'),
    sentTo: Type.String({ description: 'Where to, masked.', examples: ['+1•••••••23'] }),
    expiresIn: Seconds('Seconds that the code works.'),
    retryAfter: Seconds('Seconds until another can be asked for.'),
  },
  { title: 'CodeSent', description: 'A code is on its way.' },
)

import type { TSchema } from 'typebox'
import { Type } from 'typebox'
import { languages } from '../lib/language.ts'
import type { ProblemCode } from '../lib/problem.ts'
import type { ProblemBody } from './problem-response.ts'
import { problemTypes } from './problem-types.ts'

/** `security` of a route that requires an access token. */
export const bearer = [{ bearer: [] }]

/** An object schema that rejects unknown fields. */
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
  description: 'The code as typed.',
  examples: ['123456'],
})

export const LanguageName = Type.Enum([...languages], {
  description: 'The language of messages.',
})

export const Password = Type.String({
  minLength: 1,
  maxLength: 1024,
  description: 'Any characters, up to 1,024 bytes.',
  examples: ['correct horse battery'],
})

/** A secret issued by the service, which is never longer. */
export const Token = (description: string) =>
  Type.String({ minLength: 1, maxLength: 2048, description })

/** The token of the client’s device. An invalid one is ignored, so any text passes. */
export const DeviceToken = (description: string) =>
  Type.Optional(
    Type.String({
      maxLength: 2048,
      description: `The latest \`deviceToken\` that a sign-in to this account returned. ${description}`,
    }),
  )

/** Whether a sign-in trusts the device. */
export const RememberDevice = Type.Optional(
  Type.Boolean({
    description: 'Trusts the device: its `deviceToken` replaces the second factor for 30 days.',
  }),
)

const codes = Object.keys(problemTypes) as ProblemCode[]

/** The schema component of every problem response. */
export const ProblemSchema = Type.Object(
  {
    type: Type.String({ format: 'uri', description: 'The documentation of this problem type.' }),
    title: Type.String(),
    status: Type.Integer({ minimum: 400, maximum: 599 }),
    code: Type.Enum(codes, { description: 'Stable: match on this.' }),
    detail: Type.String({ description: 'A sentence for people about what to do.' }),
    requestId: Type.String({ description: 'Equals the `X-Request-Id` header.' }),
    errors: Type.Optional(
      Type.Array(Type.Object({ path: Type.String(), message: Type.String() }), {
        description: 'The invalid fields, with a reason each.',
      }),
    ),
    attemptsLeft: Type.Optional(Type.Integer({ minimum: 0 })),
    retryAfter: Type.Optional(Seconds('Seconds to wait before the next attempt.')),
  },
  { $id: 'Problem', description: 'Problem details (RFC 9457).' },
)

const Problem = Type.Unsafe<ProblemBody>({ $ref: 'Problem#' })

/** Codes that any request can be answered with. */
const commonProblems: ProblemCode[] = ['malformed_request', 'internal_error', 'unavailable']

/** Codes of any request that can have a body, even an optional one. */
export const bodyProblems = [
  'cross_site_request',
  'invalid_request',
  'payload_too_large',
  'unsupported_media_type',
] as const satisfies ProblemCode[]

/** Codes of any request with an access token. */
export const tokenProblems = [
  'missing_token',
  'invalid_token',
  'mfa_set_up_required',
] as const satisfies ProblemCode[]

/** Codes of any change to sign-in methods or credentials. */
export const stepUpProblems = [
  ...tokenProblems,
  'insufficient_user_authentication',
] as const satisfies ProblemCode[]

/** Codes of any change that the owner confirms by the password or a passkey. */
export const confirmationProblems = [
  ...stepUpProblems,
  ...bodyProblems,
  'invalid_credentials',
  'invalid_passkey',
  'method_not_set_up',
  'too_many_attempts',
  'unavailable',
] as const satisfies ProblemCode[]

/** Codes of any call for operators. */
export const operatorProblems = [
  ...stepUpProblems,
  'not_an_operator',
] as const satisfies ProblemCode[]

/** The problem responses of a route by status, for its `response` schema. */
export function problemResponses(...specific: ProblemCode[]) {
  const byStatus: Record<number, ProblemCode[]> = {}
  const included = new Set([...specific, ...commonProblems])
  // In the order of `problemTypes`, so that equal sets of codes share one response component.
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
          headers: {
            'WWW-Authenticate': headerSchema('The authentication that the call requires.'),
          },
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

/** The response of every call that completes a sign-in. */
export const TokenResponse = Type.Object(
  {
    status: Type.Literal('signedIn'),
    accessToken: Type.String({ description: 'A JWT (RFC 9068), for `Authorization: Bearer …`.' }),
    tokenType: Type.Literal('Bearer'),
    expiresIn: Seconds('Seconds until the access token expires.'),
    refreshToken: Type.Optional(
      Type.String({
        description:
          'Opaque, for a single `POST /auth/Refresh`. Absent if a cookie has it instead (`Latchkey-Session: cookie`).',
      }),
    ),
    refreshExpiresIn: Seconds('Seconds until the refresh token expires.'),
    mfaSetUpRequired: Type.Optional(
      Type.Literal(true, {
        description: 'These tokens only allow setting up MFA. Refresh them once it is on.',
      }),
    ),
    deviceToken: Type.Optional(
      Type.String({
        description:
          'Marks this device as known. Keep it, and send it with the next sign-in to this account. Absent after `Refresh` and `Reauthenticate`, which change no device, and if a cookie has it.',
      }),
    ),
  },
  { title: 'SignedIn', description: 'Signed in.' },
)

export const CodeSent = Type.Object(
  {
    status: Type.Literal('codeSent'),
    sentTo: Type.String({ description: 'The recipient, masked.', examples: ['+1•••••••23'] }),
    expiresIn: Seconds('Seconds until the code expires.'),
    retryAfter: Seconds('Seconds until another code can be requested.'),
  },
  { title: 'CodeSent', description: 'A code was sent.' },
)

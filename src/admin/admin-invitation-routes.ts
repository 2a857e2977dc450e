import { Type } from 'typebox'
import {
  createInvitation,
  listInvitations,
  revokeInvitation,
} from '../accounts/invitations/invitation.ts'
import { parseGroups, parseName } from '../accounts/profile-fields.ts'
import { Groups, ProfileName } from '../accounts/profile-schemas.ts'
import type { App } from '../http/app.ts'
import { parseEmailField } from '../http/fields.ts'
import {
  bearer,
  bodyProblems,
  Email,
  LanguageName,
  operatorProblems,
  problemResponses,
  StrictObject,
} from '../http/schemas.ts'
import { now } from '../lib/clock.ts'
import { mailboxOf } from '../lib/email-address.ts'
import { languages } from '../lib/language.ts'
import { Problem } from '../lib/problem.ts'
import { rateLimits } from '../rate-limits/limits.ts'
import type { RateLimiter } from '../rate-limits/rate-limiter.ts'
import { type Guard, principalOf } from '../sessions/guard.ts'
import type { Db } from '../store/open.ts'
import type { RunTransaction } from '../store/transaction.ts'
import { Invitation, Invitations, operatorTags } from './admin-schemas.ts'

/** Routes by which operators invite people. */
export function adminInvitationRoutes(
  app: App,
  deps: { db: Db; transaction: RunTransaction; guard: Guard; rateLimiter: RateLimiter },
): void {
  const { db, transaction, guard, rateLimiter } = deps
  const onRequest = guard.requireOperator

  app.get(
    '/admin/Invitations',
    {
      onRequest,
      schema: {
        operationId: 'listInvitations',
        tags: operatorTags,
        summary: 'List the open invitations',
        description: 'Newest first. Accepted, replaced, revoked and expired ones are gone.',
        security: bearer,
        // A cursor is the id of an invitation.
        querystring: StrictObject({
          cursor: Type.Optional(
            Type.String({ format: 'uuid', description: 'The `nextCursor` of the previous page.' }),
          ),
          limit: Type.Optional(Type.Integer({ minimum: 1, maximum: 100, default: 25 })),
        }),
        response: { 200: Invitations, ...problemResponses(...operatorProblems, 'invalid_request') },
      },
    },
    (request) => {
      const { cursor: before, limit = 25 } = request.query
      return listInvitations(db, { before, limit, at: now() })
    },
  )

  app.post(
    '/admin/Invitations',
    {
      onRequest,
      schema: {
        operationId: 'invite',
        tags: operatorTags,
        summary: 'Invite somebody to create an account',
        description:
          'Emails a link that works for a week and ends in a password or a passkey. The account will have the name and the groups. Another invitation of an address replaces the one before. Works whatever `LATCHKEY_SIGN_UP` is, for addresses of every domain.',
        security: bearer,
        body: StrictObject(
          {
            email: Email,
            name: Type.Optional(ProfileName),
            groups: Type.Optional(Groups),
            language: Type.Optional(LanguageName),
          },
          { examples: [{ email: 'ada@example.com', name: 'Ada Lovelace', groups: ['staff'] }] },
        ),
        response: {
          201: Invitation,
          ...problemResponses(
            ...operatorProblems,
            'address_taken',
            'too_many_messages',
            ...bodyProblems,
          ),
        },
      },
    },
    async (request, reply) => {
      const principal = principalOf(request)
      const { name, groups = [], language = languages[0] } = request.body
      const email = parseEmailField(request.body.email)
      const invitation = {
        email,
        name: name === undefined ? undefined : parseName(name),
        groups: parseGroups(groups),
        language,
      }
      const created = await transaction(async (tx) => {
        await guard.recheckOperator(tx, principal)
        const key = mailboxOf(email.key)
        await rateLimiter.consume(tx, { limit: rateLimits.invitationsPerMailbox, key })
        const { account: operator, session } = principal
        return createInvitation(tx, invitation, { by: 'operator', operator, session, reason: null })
      })
      return reply.code(201).send(created)
    },
  )

  app.delete(
    '/admin/Invitations/:id',
    {
      onRequest,
      schema: {
        operationId: 'revokeInvitation',
        tags: operatorTags,
        summary: 'Revoke an invitation',
        description: 'Its link stops working at once.',
        security: bearer,
        params: StrictObject({
          id: Type.String({ maxLength: 64, description: 'The id of the invitation.' }),
        }),
        response: {
          204: Type.Null({ description: 'Revoked.' }),
          ...problemResponses(...operatorProblems, 'not_found', ...bodyProblems),
        },
      },
    },
    async (request, reply) => {
      const principal = principalOf(request)
      const { id } = request.params
      const revoked = await transaction(async (tx) => {
        await guard.recheckOperator(tx, principal)
        const { account: operator, session } = principal
        return revokeInvitation(tx, id, { by: 'operator', operator, session, reason: null })
      })
      if (revoked) return reply.code(204).send(null)
      throw new Problem(
        'not_found',
        'There is no open invitation with this id: it was accepted, replaced or revoked, or has expired.',
      )
    },
  )
}

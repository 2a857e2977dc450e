import { Type } from 'typebox'
import type { Settings } from '../../config/settings.ts'
import type { App } from '../../http/app.ts'
import {
  bodyProblems,
  Instant,
  Nullable,
  Password,
  problemResponses,
  Seconds,
  StrictObject,
  Token,
  TokenResponse,
} from '../../http/schemas.ts'
import { clientOf } from '../../lib/client.ts'
import { second, toIsoString } from '../../lib/clock.ts'
import { networkOf } from '../../lib/network.ts'
import type { PasswordHasher } from '../../lib/password-hasher.ts'
import { Problem } from '../../lib/problem.ts'
import { passkeyChallengeLifetimeMs } from '../../mfa/passkey/passkey-challenge.ts'
import { CreationOptions, PasskeyName, RegistrationResponse } from '../../mfa/passkey/schemas.ts'
import {
  buildCreationOptions,
  type RelyingParty,
  verifyRegistration,
} from '../../mfa/passkey/webauthn.ts'
import type { RateLimiter } from '../../rate-limits/rate-limiter.ts'
import type { AccessTokens } from '../../sessions/access-token.ts'
import { tokenResponse } from '../../sessions/issue-session.ts'
import type { SessionRules } from '../../sessions/session.ts'
import type { RunTransaction, Sealer } from '../../store/transaction.ts'
import { ensureGoodPassword } from '../password/password-policy.ts'
import { acceptInvitation, consumeAcceptanceLimit } from './accept-invitation.ts'
import { createInvitationChallenge, readInvitationChallenge } from './invitation-passkey.ts'
import { findInvitation } from './open-invitation.ts'

const tags = ['Accounts']

const token = Token('From the link in the email, after `#token=`.')

const acceptanceProblems = [
  'invitation_expired',
  'address_taken',
  'too_many_attempts',
  ...bodyProblems,
] as const

/** Routes for people who were invited. The token of the link authenticates them. */
export function invitationRoutes(
  app: App,
  deps: {
    transaction: RunTransaction
    keyring: Sealer
    rateLimiter: RateLimiter
    passwords: PasswordHasher
    accessTokens: AccessTokens
    rules: SessionRules
    relyingParty: RelyingParty
    settings: Pick<Settings, 'passwordMinLength' | 'brandName'>
  },
): void {
  const { transaction, keyring, rateLimiter, passwords, accessTokens, relyingParty } = deps
  const { passwordMinLength: minLength, brandName } = deps.settings

  app.post(
    '/auth/Invitation',
    {
      schema: {
        operationId: 'readInvitation',
        tags,
        summary: 'Read an invitation',
        description: 'Shows what the link in the email is about, and changes nothing.',
        body: StrictObject({ token }, { examples: [{ token: 'from the link in the email' }] }),
        response: {
          200: Type.Object(
            {
              email: Type.String({ description: 'The address that the account will have.' }),
              name: Nullable(Type.String(), 'The display name that the account will have.'),
              expiresAt: Instant('Until when it can be accepted.'),
            },
            { description: 'The invitation is open.' },
          ),
          ...problemResponses('invitation_expired', ...bodyProblems),
        },
      },
    },
    async (request) => {
      const invitation = await transaction((tx) => findInvitation(tx, request.body.token))
      const { email, name, expires_at } = invitation
      return { email, name, expiresAt: toIsoString(expires_at) }
    },
  )

  app.post(
    '/auth/Invitation/Accept',
    {
      schema: {
        operationId: 'acceptInvitation',
        tags,
        summary: 'Accept an invitation with a password',
        description:
          'Creates the account, with the name and the groups of the invitation, and signs in. The link has proven the mailbox, so no code is asked. Works whatever `LATCHKEY_SIGN_UP` is.',
        body: StrictObject(
          { token, password: Password },
          {
            examples: [{ token: 'from the link in the email', password: 'correct horse battery' }],
          },
        ),
        response: {
          201: TokenResponse,
          ...problemResponses('invalid_password', 'unavailable', ...acceptanceProblems),
        },
      },
    },
    async (request, reply) => {
      const { token, password } = request.body
      const client = clientOf(request)
      const { email_key: email } = await transaction((tx) => findInvitation(tx, token))
      await ensureGoodPassword(password, { email, minLength, brandName })
      const passwordHash = await passwords.withSlot(networkOf(client.ipAddress), async () => {
        await transaction((tx) => consumeAcceptanceLimit(tx, rateLimiter, client))
        return passwords.hash(password)
      })
      const issued = await transaction((tx) =>
        acceptInvitation(tx, deps, { token, credential: { passwordHash }, client }),
      )
      return reply.code(201).send(tokenResponse(accessTokens, issued))
    },
  )

  app.post(
    '/auth/Invitation/Passkey',
    {
      schema: {
        operationId: 'startInvitationPasskey',
        tags,
        summary: 'Start accepting an invitation with a passkey',
        description:
          'Returns the options for `navigator.credentials.create()`. They require a discoverable passkey that verifies its user, since it will be the only way to sign in.',
        body: StrictObject({ token }),
        response: {
          200: Type.Object(
            {
              options: CreationOptions,
              passkeyToken: Type.String({
                description: 'For `POST /auth/Invitation/Passkey/Verify`.',
              }),
              expiresIn: Seconds('Seconds until `options` and `passkeyToken` expire.'),
            },
            { description: 'The options for the browser.' },
          ),
          ...problemResponses('invitation_expired', ...bodyProblems),
        },
      },
    },
    async (request) => {
      const invitation = await transaction((tx) => findInvitation(tx, request.body.token))
      const { value, userHandle, passkeyToken } = createInvitationChallenge(keyring, invitation)
      const options = await buildCreationOptions(relyingParty, {
        challenge: value,
        userHandle,
        email: invitation.email,
        known: [],
        passwordless: true,
      })
      return { options, passkeyToken, expiresIn: passkeyChallengeLifetimeMs / second }
    },
  )

  app.post(
    '/auth/Invitation/Passkey/Verify',
    {
      schema: {
        operationId: 'acceptInvitationWithPasskey',
        tags,
        summary: 'Accept an invitation with a passkey',
        description:
          'Creates the account without a password, and signs in. The passkey signs in alone from now on; `POST /auth/ForgotPassword` adds a password.',
        body: StrictObject({
          token,
          passkeyToken: Token('From the response to `POST /auth/Invitation/Passkey`.'),
          name: Type.Optional(PasskeyName),
          response: RegistrationResponse,
        }),
        response: {
          201: TokenResponse,
          ...problemResponses(
            'invalid_passkey',
            'passkey_token_expired',
            'passkey_known',
            ...acceptanceProblems,
          ),
        },
      },
    },
    async (request, reply) => {
      const { token, passkeyToken, name, response } = request.body
      const client = clientOf(request)
      const invitation = await transaction(async (tx) => {
        const found = await findInvitation(tx, token)
        await consumeAcceptanceLimit(tx, rateLimiter, client)
        return found
      })
      const challenge = readInvitationChallenge(keyring, invitation, passkeyToken)
      if (!challenge) {
        throw new Problem('passkey_token_expired', 'This took too long. Please try again.')
      }
      const { value, userHandle } = challenge
      const registration = await verifyRegistration(relyingParty, value, response)
      if (!registration?.passwordless) {
        throw new Problem(
          'invalid_passkey',
          'This passkey can’t sign in alone. Please use another one, or choose a password.',
        )
      }
      const issued = await transaction((tx) =>
        acceptInvitation(tx, deps, {
          token,
          credential: { registration, userHandle, name },
          client,
        }),
      )
      return reply.code(201).send(tokenResponse(accessTokens, issued))
    },
  )
}

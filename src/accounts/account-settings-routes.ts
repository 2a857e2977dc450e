import { Type } from 'typebox'
import { record } from '../activity/activity.ts'
import type { Settings } from '../config/settings.ts'
import { signUpPolicyOf } from '../config/sign-up-policy.ts'
import type { App } from '../http/app.ts'
import { parseEmailField } from '../http/fields.ts'
import {
  bearer,
  bodyProblems,
  Code,
  CodeSent,
  confirmationProblems,
  Email,
  Instant,
  LanguageName,
  Password,
  problemResponses,
  StrictObject,
  tokenProblems,
} from '../http/schemas.ts'
import { languages } from '../lib/language.ts'
import { Problem } from '../lib/problem.ts'
import { type ConfirmOwnerDeps, confirmOwner, ensureConfirmed } from '../mfa/confirm-owner.ts'
import { AssertionResponse } from '../mfa/passkey/schemas.ts'
import { AssertionRequired } from '../mfa/schemas.ts'
import { changeBucket, type Guard, principalOf } from '../sessions/guard.ts'
import type { SendCodeDeps } from '../verification/send-code.ts'
import { deleteAccount } from './deletion.ts'
import { changeEmail, startEmailChange } from './email-change.ts'
import { touchProfile } from './profile.ts'

const tags = ['Accounts']

/** Routes that change the email address and the language, and delete the account. */
export function accountSettingsRoutes(
  app: App,
  deps: ConfirmOwnerDeps & SendCodeDeps & { guard: Guard; settings: Pick<Settings, 'signUp'> },
): void {
  const { transaction, guard, rateLimiter } = deps
  const emailChangeDeps = { ...deps, policy: signUpPolicyOf(deps.settings) }

  app.post(
    '/settings/Email',
    {
      onRequest: guard.requireRecentSignIn,
      schema: {
        operationId: 'changeEmail',
        tags,
        summary: 'Change the email address',
        description:
          'First with `currentPassword`: a code is sent to the new address. Then with `code`: the address changes. An account without a password gets a challenge for its passkey first, and repeats the call with `assertion`. A notification to the old address contains a link that undoes the change. Where `LATCHKEY_SIGN_UP` names domains, the new address must be of one of them, or of the domain of the old one.',
        security: bearer,
        body: StrictObject(
          {
            email: Email,
            currentPassword: Type.Optional(Password),
            assertion: Type.Optional(AssertionResponse),
            code: Type.Optional(Code),
          },
          {
            examples: [
              { email: 'ada@example.org', currentPassword: 'correct horse battery' },
              { email: 'ada@example.org', code: '123456' },
            ],
          },
        ),
        response: {
          200: Type.Object(
            { email: Type.String(), changedAt: Instant('When it was changed.') },
            { description: 'Changed. The address that the account has already stays as it is.' },
          ),
          202: Type.Union([CodeSent, AssertionRequired], {
            description: 'A code was sent, or a passkey assertion is required: see `status`.',
          }),
          ...problemResponses(
            ...confirmationProblems,
            'invalid_code',
            'address_taken',
            'email_domain_not_allowed',
            'too_many_messages',
          ),
        },
      },
    },
    async (request, reply) => {
      const principal = principalOf(request)
      const email = parseEmailField(request.body.email)
      const { currentPassword, assertion, code } = request.body
      if (code !== undefined) {
        const changed = await transaction(async (tx) => {
          const account = await guard.lockForChange(tx, principal)
          return changeEmail(tx, emailChangeDeps, account, principal, { email, code })
        })
        if (changed) return changed
        throw new Problem('invalid_code', 'That code isn’t right. Please use the newest one.')
      }
      const confirmation = await confirmOwner(deps, principal, ['changeEmail', email.address], {
        field: 'currentPassword',
        password: currentPassword,
        assertion,
      })
      if ('assertionRequired' in confirmation) {
        return reply.code(202).send(confirmation.assertionRequired)
      }
      const sent = await transaction(async (tx) => {
        const account = await guard.lockForChange(tx, principal)
        ensureConfirmed(account, confirmation)
        return startEmailChange(tx, emailChangeDeps, account, principal, email)
      })
      return reply.code(202).send(sent)
    },
  )

  app.put(
    '/settings/Language',
    {
      onRequest: guard.requireSignIn,
      schema: {
        operationId: 'changeLanguage',
        tags,
        summary: 'Change the language of notifications',
        security: bearer,
        body: StrictObject({ language: LanguageName }, { examples: [{ language: 'de' }] }),
        response: {
          200: Type.Object({ language: LanguageName }, { description: 'Changed.' }),
          ...problemResponses(...tokenProblems, 'too_many_attempts', ...bodyProblems),
        },
      },
    },
    async (request) => {
      const { language } = request.body
      const { account, session, client } = principalOf(request)
      await transaction(async (tx) => {
        const { numUpdatedRows } = await tx
          .updateTable('account')
          .set({ language })
          .where('id', '=', account)
          .where(({ fn, val }) => fn.coalesce('language', val(languages[0])), '!=', language)
          .executeTakeFirstOrThrow()
        if (numUpdatedRows === 0n) return
        await rateLimiter.countSuccess(tx, changeBucket(account))
        // Recorded, because a warning in a language that the owner cannot read warns nobody.
        const detail = { language }
        await record(tx, account, { type: 'language.changed', client, session, detail })
        await touchProfile(tx, account)
      })
      return { language }
    },
  )

  app.delete(
    '/settings/Account',
    {
      onRequest: guard.requireRecentSignIn,
      schema: {
        operationId: 'deleteAccount',
        tags,
        summary: 'Delete the account',
        description:
          'The account is closed at once and erased after seven days. Until then, the link in the notification undoes it. An account without a password gets a challenge for its passkey first, and repeats the call with `assertion`.',
        security: bearer,
        body: StrictObject({
          password: Type.Optional(Password),
          assertion: Type.Optional(AssertionResponse),
        }),
        response: {
          202: AssertionRequired,
          204: Type.Null({ description: 'Deleted.' }),
          ...problemResponses(...confirmationProblems),
        },
      },
    },
    async (request, reply) => {
      const principal = principalOf(request)
      const { password, assertion } = request.body
      const confirmation = await confirmOwner(deps, principal, ['deleteAccount'], {
        field: 'password',
        password,
        assertion,
      })
      if ('assertionRequired' in confirmation) {
        return reply.code(202).send(confirmation.assertionRequired)
      }
      await transaction(async (tx) => {
        const account = await guard.lockAccount(tx, principal)
        ensureConfirmed(account, confirmation)
        await deleteAccount(tx, account, principal)
      })
      return reply.code(204).send(null)
    },
  )
}

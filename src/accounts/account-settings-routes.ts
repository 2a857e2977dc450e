import { Type } from 'typebox'
import { record } from '../activity/activity.ts'
import type { App } from '../http/app.ts'
import { parseEmailField } from '../http/fields.ts'
import {
  bearer,
  bodyProblems,
  Code,
  CodeSent,
  Email,
  Instant,
  LanguageName,
  Password,
  problemResponses,
  StrictObject,
  stepUpProblems,
  tokenProblems,
} from '../http/schemas.ts'
import { Problem } from '../lib/problem.ts'
import { principalOf } from '../sessions/guard.ts'
import type { SendCodeDeps } from '../verification/send-code.ts'
import { deleteAccount } from './deletion.ts'
import { changeEmail, startEmailChange } from './email-change.ts'
import { confirmPassword, type PasswordDeps } from './password/password-change.ts'

const tags = ['Accounts']

/** Routes that change the email address and the language, and delete the account. */
export function accountSettingsRoutes(app: App, deps: PasswordDeps & SendCodeDeps): void {
  const { transaction, guard } = deps

  app.post(
    '/settings/Email',
    {
      onRequest: guard.requireRecentSignIn,
      schema: {
        operationId: 'changeEmail',
        tags,
        summary: 'Change the email address',
        description:
          'Without `code`, a code is sent to the new address; with it, the address changes. A notification to the old address contains a link that undoes the change.',
        security: bearer,
        body: StrictObject(
          { email: Email, code: Type.Optional(Code) },
          { examples: [{ email: 'ada@example.org' }] },
        ),
        response: {
          200: Type.Object(
            { email: Type.String(), changedAt: Instant('When it was changed.') },
            { description: 'Changed.' },
          ),
          202: CodeSent,
          ...problemResponses(
            ...stepUpProblems,
            ...bodyProblems,
            'invalid_code',
            'address_taken',
            'too_many_attempts',
            'too_many_messages',
          ),
        },
      },
    },
    async (request, reply) => {
      const principal = principalOf(request)
      const email = parseEmailField(request.body.email)
      const { code } = request.body
      const outcome = await transaction(async (tx) => {
        const account = await guard.lockAccount(tx, principal)
        return code === undefined
          ? { sent: await startEmailChange(tx, deps, account, principal, email) }
          : { changed: await changeEmail(tx, deps, account, principal, { email, code }) }
      })
      if (outcome.sent) return reply.code(202).send(outcome.sent)
      if (outcome.changed) return outcome.changed
      throw new Problem('invalid_code', 'That code isn’t right. Please use the newest one.')
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
          ...problemResponses(...tokenProblems, ...bodyProblems),
        },
      },
    },
    async (request) => {
      const { language } = request.body
      const { account, session, client } = principalOf(request)
      await transaction(async (tx) => {
        await tx.updateTable('account').set({ language }).where('id', '=', account).execute()
        // Recorded, because a warning in a language that the owner cannot read warns nobody.
        const detail = { language }
        await record(tx, account, { type: 'language.changed', client, session, detail })
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
          'The account is closed at once and erased after seven days. Until then, the link in the notification undoes it.',
        security: bearer,
        body: StrictObject({ password: Password }),
        response: {
          204: Type.Null({ description: 'Deleted.' }),
          ...problemResponses(
            ...stepUpProblems,
            ...bodyProblems,
            'invalid_credentials',
            'too_many_attempts',
            'unavailable',
          ),
        },
      },
    },
    async (request, reply) => {
      const principal = principalOf(request)
      const verifiedHash = await confirmPassword(deps, principal, request.body.password)
      const deleted = await transaction(async (tx) => {
        const account = await guard.lockAccount(tx, principal)
        if (account.password_hash !== verifiedHash) return false
        await deleteAccount(tx, account, principal)
        return true
      })
      if (!deleted) throw new Problem('invalid_credentials', 'The password isn’t right.')
      return reply.code(204).send(null)
    },
  )
}

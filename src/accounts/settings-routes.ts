import { Type } from 'typebox'
import { record } from '../activity/activity.ts'
import type { CodeSender } from '../codes/send-code.ts'
import type { App } from '../http/app.ts'
import { emailAddress } from '../http/fields.ts'
import {
  Body,
  bearer,
  Code,
  CodeSent,
  Email,
  Instant,
  LanguageName,
  Password,
  problems,
  stepUp,
  withBody,
  withToken,
} from '../http/schemas.ts'
import { Problem } from '../lib/problem.ts'
import { signedIn } from '../sessions/guard.ts'
import { transaction } from '../store/transaction.ts'
import { deleteAccount } from './deletion.ts'
import { beginEmailChange, changeEmail } from './email.ts'
import { confirmPassword, type PasswordHouse } from './password/password.ts'

const tags = ['Accounts']

/** What an owner may change of the account itself. */
export function accountSettingsRoutes(app: App, house: PasswordHouse & CodeSender): void {
  const { db, keys, guard } = house

  app.post(
    '/settings/Email',
    {
      onRequest: guard.recentSignIn,
      schema: {
        operationId: 'changeEmail',
        tags,
        summary: 'Change the email address',
        description:
          'Without `code` one is sent to the new address; with it the address changes. The old address is told and can undo it.',
        security: bearer,
        body: Body(
          { email: Email, code: Type.Optional(Code) },
          { examples: [{ email: 'ada@example.org' }] },
        ),
        response: {
          200: Type.Object(
            { email: Type.String(), changedAt: Instant('When.') },
            { description: 'Changed.' },
          ),
          202: CodeSent,
          ...problems(
            ...stepUp,
            ...withBody,
            'invalid_code',
            'address_taken',
            'too_many_attempts',
            'too_many_messages',
          ),
        },
      },
    },
    async (request, reply) => {
      const who = signedIn(request)
      const email = emailAddress(request.body.email)
      const { code } = request.body
      const outcome = await transaction(db, async (tx) => {
        const account = await guard.hold(tx, who)
        return code === undefined
          ? { sent: await beginEmailChange(tx, house, account, who, email) }
          : { changed: await changeEmail(tx, house, account, who, { email, code }) }
      })
      if (outcome.sent) return reply.code(202).send(outcome.sent)
      if (outcome.changed) return outcome.changed
      throw new Problem('invalid_code', 'That code isn’t right. Please use the newest one.')
    },
  )

  app.put(
    '/settings/Language',
    {
      onRequest: guard.signedIn,
      schema: {
        operationId: 'changeLanguage',
        tags,
        summary: 'Choose the language of messages',
        security: bearer,
        body: Body({ language: LanguageName }, { examples: [{ language: 'de' }] }),
        response: {
          200: Type.Object({ language: LanguageName }, { description: 'Chosen.' }),
          ...problems(...withToken, ...withBody),
        },
      },
    },
    async (request) => {
      const { language } = request.body
      const { account, session, client } = signedIn(request)
      await transaction(db, async (tx) => {
        await tx.updateTable('account').set({ language }).where('id', '=', account).execute()
        // Warnings that an owner can't read are none: let them see when it was changed.
        const detail = { language }
        await record(tx, account, { type: 'language.changed', client, session, detail })
      })
      return { language }
    },
  )

  app.delete(
    '/settings/Account',
    {
      onRequest: guard.recentSignIn,
      schema: {
        operationId: 'deleteAccount',
        tags,
        summary: 'Delete the account',
        description:
          'It is closed at once and erased after seven days. Until then its owner, who is told, can undo it.',
        security: bearer,
        body: Body({ password: Password }),
        response: {
          204: Type.Null({ description: 'Deleted.' }),
          ...problems(
            ...stepUp,
            ...withBody,
            'invalid_credentials',
            'too_many_attempts',
            'unavailable',
          ),
        },
      },
    },
    async (request, reply) => {
      const who = signedIn(request)
      const confirmed = await confirmPassword(house, who, request.body.password)
      const deleted = await transaction(db, async (tx) => {
        const account = await guard.hold(tx, who)
        if (account.password_hash !== confirmed) return false
        await deleteAccount(tx, keys, account, who)
        return true
      })
      if (!deleted) throw new Problem('invalid_credentials', 'The password is not right.')
      return reply.code(204).send(null)
    },
  )
}

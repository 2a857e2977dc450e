import { Type } from 'typebox'
import type { App } from '../http/app.ts'
import { bodyProblems, problemResponses, Seconds, StrictObject, Token } from '../http/schemas.ts'
import { clientOf } from '../lib/client.ts'
import { Problem } from '../lib/problem.ts'
import type { RunTransaction } from '../store/transaction.ts'
import { undo } from './undo.ts'

const Undone = Type.Object(
  {
    status: Type.Literal('undone'),
    undone: Type.String({ description: 'The activity type of the change.', examples: ['mfa.off'] }),
    email: Type.String({ description: 'The address that signs in.' }),
    resetToken: Type.String({ description: 'For `POST /auth/ResetPassword`; good for one.' }),
    expiresIn: Seconds('Seconds until it expires.'),
  },
  { title: 'Undone', description: 'Undone. Now set a new password.' },
)

export function undoRoutes(app: App, { transaction }: { transaction: RunTransaction }): void {
  app.post(
    '/auth/Undo',
    {
      schema: {
        operationId: 'undo',
        tags: ['Activity'],
        summary: 'Undo a change',
        description:
          'With the token of a notification email. All that decides how the account signs in is put back as it was before that change; every session and trusted device ends; nobody gets in until `resetToken` has set a new password.',
        body: StrictObject({ token: Token('From the link of the message, behind `#token=`.') }),
        response: { 200: Undone, ...problemResponses('undo_token_expired', ...bodyProblems) },
      },
    },
    async (request) => {
      const { token } = request.body
      const client = clientOf(request)
      const undone = await transaction((tx) => undo(tx, { token, client }))
      if (undone) return undone
      throw new Problem(
        'undo_token_expired',
        'This can’t be undone any more: the link was used, or it is too old. If you can’t sign in, choose “forgotten password”.',
      )
    },
  )
}

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
    email: Type.String({ description: 'The address to sign in with.' }),
    resetToken: Type.String({ description: 'For one `POST /auth/ResetPassword`.' }),
    expiresIn: Seconds('Seconds until it expires.'),
  },
  { title: 'Undone', description: 'The change was undone. Set a new password next.' },
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
          'Takes the token from a notification email and restores how the account signed in before the change. All sessions end, all trusted devices are removed, and nobody can sign in until `resetToken` has set a new password.',
        body: StrictObject({ token: Token('From the link in the email, after `#token=`.') }),
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
        'This can’t be undone any more: the link was used already or has expired. If you can’t sign in, choose “Forgot your password?”.',
      )
    },
  )
}

import type { FastifyRequest } from 'fastify'
import { Problem } from '../lib/problem.ts'
import { type Guard, principalOf } from '../sessions/guard.ts'
import { lockAccount } from '../sessions/locked-account.ts'
import type { RunTransaction } from '../store/transaction.ts'
import type { AccountAction } from './account-actions.ts'
import { parseReason } from './reason.ts'
import { readUser, type User, type UserDeps } from './users.ts'

type ActionRequest = FastifyRequest<{ Params: { id: string }; Body: { reason?: string } }>

/**
 * Creates the function that runs an operator's action on another account than the operator's own. It
 * returns the account after the action.
 */
export function createActionRunner(
  deps: UserDeps & { transaction: RunTransaction; guard: Guard },
): (request: ActionRequest, action: AccountAction) => Promise<User> {
  const { transaction, guard } = deps
  return (request, action) => {
    const principal = principalOf(request)
    const { id } = request.params
    const { reason: input } = request.body
    const reason = input === undefined ? null : parseReason(input)
    return transaction(async (tx) => {
      const account = await lockAccount(tx, id)
      await guard.recheckOperator(tx, principal)
      if (id === principal.account) {
        throw new Problem('own_account', 'This is your own account. Use its settings instead.')
      }
      if (!account) throw notFound()
      const { account: operator, session } = principal
      await action(tx, account, { by: 'operator', operator, session, reason })
      return ensureFound(await readUser(tx, deps, id))
    })
  }
}

/** @throws Problem `not_found` */
export function ensureFound(user: User | undefined): User {
  if (!user) throw notFound()
  return user
}

function notFound(): Problem {
  return new Problem('not_found', 'There is no account with this id.')
}

import type { OperatorCause } from '../../activity/activity.ts'
import type { AccountAction } from '../../admin/account-actions.ts'
import { parseReason } from '../../admin/reason.ts'
import { findAccountId, readUser, type User } from '../../admin/users.ts'
import { Problem } from '../../lib/problem.ts'
import { lockAccount } from '../../sessions/locked-account.ts'
import { UsageError } from '../command.ts'
import { withKeys } from '../context.ts'

/** What came of an act: whether the account needed it, and how it is now. */
export interface ActionResult {
  changed: boolean
  user: User
}

/** Whoever can run commands here, as the account's activity names them. */
export const commandLineCause = (reason?: string): OperatorCause => ({
  by: 'operator',
  operator: 'the command line',
  reason: reason === undefined ? null : parseReason(reason),
})

/** The reason, where there must be one: its owner will ask. @throws WrongUsage */
export function requireReason(reason: string | undefined): string {
  if (reason !== undefined) return reason
  throw new UsageError(
    'Please say why, with --reason "…": the owner is told, and it stands in the account’s activity.',
  )
}

/** Acts on one account, by its id or its address. @throws Problem if there is none */
export function runAction(
  idOrEmail: string,
  reason: string | undefined,
  action: AccountAction,
): Promise<ActionResult> {
  const cause = commandLineCause(reason)
  return withKeys(({ transaction, settings }) =>
    transaction(async (tx) => {
      const id = await findAccountId(tx, idOrEmail)
      const account = id === undefined ? undefined : await lockAccount(tx, id)
      if (!account) throw accountNotFound(idOrEmail)
      const changed = await action(tx, account, cause)
      const user = await readUser(tx, settings, account.id)
      if (!user) throw accountNotFound(idOrEmail)
      return { changed, user }
    }),
  )
}

export function accountNotFound(idOrEmail: string): Problem {
  return new Problem(
    'not_found',
    `No account has the address or the id “${idOrEmail}” now. “latchkey accounts find” also finds the address of before a change.`,
  )
}

/** What an option `--reason` is, and what the help says of it. */
export const reasonOption = { reason: { type: 'string' } } as const
export const reasonHelp = { reason: 'why, in one line; the owner reads it' }

import { commandLine, type OperatorCause } from '../../activity/activity.ts'
import type { AccountAction } from '../../admin/account-actions.ts'
import { parseReason } from '../../admin/reason.ts'
import { findAccountId, readUser, type User } from '../../admin/users.ts'
import type { Settings } from '../../config/settings.ts'
import { Problem } from '../../lib/problem.ts'
import { lockAccount } from '../../sessions/locked-account.ts'
import { UsageError } from '../command.ts'
import { withKeys } from '../context.ts'

/** The result of an action: whether it changed the account, and the account after it. */
export interface ActionResult {
  changed: boolean
  user: User
}

/** The cause that activity records for commands. */
export const commandLineCause = (reason?: string): OperatorCause => ({
  by: 'operator',
  operator: commandLine,
  reason: reason === undefined ? null : parseReason(reason),
})

/** @throws UsageError if there is no reason, for actions that an owner will ask about */
export function requireReason(reason: string | undefined): string {
  if (reason !== undefined) return reason
  throw new UsageError(
    '--reason "…" is missing. The owner reads it, and it is recorded in the account’s activity.',
  )
}

/** Runs an action on an account, found by id or address. @throws Problem if there is none */
export function runAction(
  idOrEmail: string,
  reason: string | undefined,
  action: (...given: [...Parameters<AccountAction>, Settings]) => Promise<boolean>,
): Promise<ActionResult> {
  const cause = commandLineCause(reason)
  return withKeys(({ transaction, settings }) =>
    transaction(async (tx) => {
      const id = await findAccountId(tx, idOrEmail)
      const account = id === undefined ? undefined : await lockAccount(tx, id)
      if (!account) throw accountNotFound(idOrEmail)
      const changed = await action(tx, account, cause, settings)
      const user = await readUser(tx, settings, account.id)
      if (!user) throw accountNotFound(idOrEmail)
      return { changed, user }
    }),
  )
}

export function accountNotFound(idOrEmail: string): Problem {
  return new Problem(
    'not_found',
    `No account has the address or id “${idOrEmail}”. “latchkey accounts find” also finds recently replaced addresses.`,
  )
}

/** The option `--reason`, and its line in the help. */
export const reasonOption = { reason: { type: 'string' } } as const
export const reasonHelp = { reason: 'the reason, in one line; the owner reads it' }

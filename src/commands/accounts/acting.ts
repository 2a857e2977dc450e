import type { OperatorCause } from '../../activity/activity.ts'
import type { Act } from '../../admin/acts.ts'
import { reasonOf } from '../../admin/reason.ts'
import { idOf, readUser, type User } from '../../admin/users.ts'
import { Problem } from '../../lib/problem.ts'
import { holdAccount } from '../../sessions/guard.ts'
import { transaction } from '../../store/transaction.ts'
import { WrongUsage } from '../command.ts'
import { inHouse } from '../house.ts'

/** What came of an act: whether the account needed it, and how it is now. */
export interface Acted {
  changed: boolean
  user: User
}

/** Whoever can run commands here, as the account's activity names them. */
export const fromCommandLine = (reason?: string): OperatorCause => ({
  by: 'operator',
  operator: 'the command line',
  reason: reason === undefined ? null : reasonOf(reason),
})

/** The reason, where there must be one: its owner will ask. @throws WrongUsage */
export function mustSayWhy(reason: string | undefined): string {
  if (reason !== undefined) return reason
  throw new WrongUsage(
    'Please say why, with --reason "…": the owner is told, and it stands in the account’s activity.',
  )
}

/** Acts on one account, by its id or its address. @throws Problem if there is none */
export function actOn(named: string, reason: string | undefined, what: Act): Promise<Acted> {
  const cause = fromCommandLine(reason)
  return inHouse(({ db, keys, settings }) =>
    transaction(db, async (tx) => {
      const id = await idOf(tx, named)
      const account = id === undefined ? undefined : await holdAccount(tx, id)
      if (!account) throw unknown(named)
      const changed = await what(tx, keys, account, cause)
      const user = await readUser(tx, settings, account.id)
      if (!user) throw unknown(named)
      return { changed, user }
    }),
  )
}

export function unknown(named: string): Problem {
  return new Problem(
    'not_found',
    `No account has the address or the id “${named}” now. “latchkey accounts find” also finds the address of before a change.`,
  )
}

/** What an option `--reason` is, and what the help says of it. */
export const reasonOption = { reason: { type: 'string' } } as const
export const reasonHelp = { reason: 'why, in one line; the owner reads it' }

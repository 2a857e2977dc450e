import { signOutEverywhere } from '../../admin/account-actions.ts'
import { signOutAllAccounts } from '../../admin/sign-out-all.ts'
import { liftStatementTimeout } from '../../store/locks.ts'
import { defineCommand, UsageError } from '../command.ts'
import { withKeys } from '../context.ts'
import {
  type ActionResult,
  commandLineCause,
  reasonHelp,
  reasonOption,
  runAction,
} from './operator-action.ts'

export default defineCommand({
  description: 'sign somebody out everywhere, and trust none of their devices',
  arguments: ['account?'],
  options: { ...reasonOption, all: { type: 'boolean' } },
  optionsHelp: { ...reasonHelp, all: 'of everybody, all at once' },
  async run({
    positionals: [idOrEmail],
    values: { reason, all = false },
  }): Promise<ActionResult | { ended: number }> {
    if (all === (idOrEmail !== undefined)) {
      throw new UsageError(
        'Say whose sessions shall end: one account’s, or with --all everybody’s.',
      )
    }
    if (idOrEmail !== undefined) return runAction(idOrEmail, reason, signOutEverywhere)
    const cause = commandLineCause(reason)
    return withKeys(async ({ transaction }) => ({
      ended: await transaction(async (tx) => {
        await liftStatementTimeout(tx)
        return signOutAllAccounts(tx, cause)
      }),
    }))
  },
  format(result) {
    if ('ended' in result) {
      return `Everybody is signed out, and no device is trusted. Accounts that were signed in: ${result.ended}. It stands in their activity; no mail is sent.`
    }
    const { changed, user } = result
    return changed
      ? `${user.email} is signed out everywhere, and no device is trusted. The owner is told.`
      : `${user.email} was signed in nowhere. Nothing was changed.`
  },
})

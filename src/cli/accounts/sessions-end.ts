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
  description: 'end all sessions of an account and revoke its trusted devices',
  arguments: ['account?'],
  options: { ...reasonOption, all: { type: 'boolean' } },
  optionsHelp: { ...reasonHelp, all: 'do so for all accounts' },
  async run({
    positionals: [idOrEmail],
    values: { reason, all = false },
  }): Promise<ActionResult | { ended: number }> {
    if (all === (idOrEmail !== undefined)) {
      throw new UsageError('Pass one account, or --all for all accounts.')
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
      return `All sessions have ended, and no device is trusted. Accounts that were signed in: ${result.ended}. Their activity records it; no email is sent.`
    }
    const { changed, user } = result
    return changed
      ? `All sessions of ${user.email} have ended, and none of its devices is trusted. The owner is notified.`
      : `${user.email} had no session and no trusted device. Nothing changed.`
  },
})

import * as activity from '../activity/activity.ts'
import { endAllSessions } from '../sessions/session.ts'
import { removeAllTrust } from '../sessions/trusted-device.ts'
import type { Tx } from '../store/transaction.ts'

/**
 * Ends all sessions of all accounts and the trust in all devices, for when tokens may have leaked.
 * Records it in the activity of each account that was signed in. Sends no notices: a million emails
 * at once would arrive late, and look like phishing.
 *
 * @returns how many accounts were signed in
 */
export async function signOutAllAccounts(tx: Tx, cause: activity.OperatorCause): Promise<number> {
  const accounts = await endAllSessions(tx)
  await removeAllTrust(tx)
  const { detail: operatorDetail, ...attribution } = activity.attributionOf(cause)
  const detail = { reason: 'ended_by_operator', which: 'all', ...operatorDetail }
  for (const account of accounts) {
    await activity.record(tx, account, { type: 'session.ended', ...attribution, detail })
  }
  return accounts.size
}

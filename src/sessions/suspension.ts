import { Problem } from '../lib/problem.ts'

/**
 * Rejects a suspended account. Check it again at every later step, not only at the start. Call it
 * after the credential is verified, so that only the owner learns of the suspension.
 *
 * @throws Problem `account_suspended`
 */
export function ensureNotSuspended({ suspended_since }: { suspended_since: number | null }): void {
  if (suspended_since === null) return
  throw new Problem(
    'account_suspended',
    'This account has been suspended by the operator of this service. If you think this is a mistake, please contact them.',
  )
}

import { Problem } from '../lib/problem.ts'

/**
 * To be asked whenever something is redeemed, not only when it began. Only whoever has just shown
 * that they may know hears that an account is suspended.
 *
 * @throws Problem `account_suspended`
 */
export function ensureNotSuspended({ suspended_since }: { suspended_since: number | null }): void {
  if (suspended_since === null) return
  throw new Problem(
    'account_suspended',
    'This account was suspended by whoever runs this service. If you think that is a mistake, please ask them.',
  )
}

import type { MfaMethod } from '../../settings.ts'
import type { Db, Tx } from '../../store/open.ts'
import { authenticator } from './authenticator.ts'
import { email } from './email.ts'
import type { Method, SetUp } from './method.ts'
import { recoveryCode } from './recovery-code.ts'
import { sms } from './sms.ts'

/** Every way of showing a second factor. A new one is a file here and a line there. */
export const methods = { authenticator, sms, email, recoveryCode } satisfies Record<
  MfaMethod | 'recoveryCode',
  Method
>

export type MethodName = keyof typeof methods

/**
 * What the account has set up that could be chosen as its method, strongest first.
 *
 * @param ranking the operator's; what it leaves out still works for those who have it, last
 */
export function availableMethods(setUp: SetUp, ranking: readonly MfaMethod[]): MfaMethod[] {
  const all = new Set<MfaMethod>([...ranking, 'authenticator', 'sms', 'email'])
  return [...all].filter((name) => methods[name].isSetUp(setUp))
}

/** The same with what may stand in for a method, as someone who signs in may use it. */
export function usableMethods(setUp: SetUp, ranking: readonly MfaMethod[]): MethodName[] {
  const available = availableMethods(setUp, ranking)
  return methods.recoveryCode.isSetUp(setUp) ? [...available, 'recoveryCode'] : available
}

/** What the account has set up. */
export async function readSetUp(
  db: Db | Tx,
  account: { id: string; phone_number: string | null; mfa_email: string | null },
): Promise<SetUp> {
  const { authenticators, recoveryCodes } = await db
    .selectNoFrom((query) => [
      query
        .selectFrom('authenticator')
        .select((row) => row.fn.countAll<number>().as('count'))
        .where('account_id', '=', account.id)
        .where('confirmed_at', 'is not', null)
        .as('authenticators'),
      query
        .selectFrom('recovery_code')
        .select((row) => row.fn.countAll<number>().as('count'))
        .where('account_id', '=', account.id)
        .where('used_at', 'is', null)
        .as('recoveryCodes'),
    ])
    .executeTakeFirstOrThrow()
  return {
    account: account.id,
    authenticator: (authenticators ?? 0) > 0,
    phoneNumber: account.phone_number,
    email: account.mfa_email,
    recoveryCodes: recoveryCodes ?? 0,
  }
}

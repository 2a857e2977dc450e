import type { ExpressionBuilder } from 'kysely'
import { type MfaMethod, mfaMethods } from '../../settings.ts'
import type { Db, Tx } from '../../store/open.ts'
import { prepared } from '../../store/prepared.ts'
import type { Schema } from '../../store/schema.ts'
import { authenticator } from './authenticator.ts'
import { email } from './email.ts'
import type { CodeMethod, Method, SetUp } from './method.ts'
import { passkey } from './passkey.ts'
import { recoveryCode } from './recovery-code.ts'
import { sms } from './sms.ts'

/** Every way of showing a second factor. A new one is a file here and a line there. */
export const methods = { passkey, authenticator, sms, email, recoveryCode } satisfies Record<
  MfaMethod | 'recoveryCode',
  Method
>

export type MethodName = keyof typeof methods

/** Those whose answer is a code. */
export const codeMethods = { authenticator, sms, email, recoveryCode } satisfies Record<
  Exclude<MethodName, 'passkey'>,
  CodeMethod
>

export type CodeMethodName = keyof typeof codeMethods

/**
 * What the account has set up that could be chosen as its method, strongest first.
 *
 * @param ranking the operator's; what it leaves out still works for those who have it, last
 */
export function availableMethods(setUp: SetUp, ranking: readonly MfaMethod[]): MfaMethod[] {
  const all = new Set([...ranking, ...mfaMethods])
  return [...all].filter((name) => methods[name].isSetUp(setUp))
}

/** The same with what may stand in for a method, as someone who signs in may use it. */
export function usableMethods(setUp: SetUp, ranking: readonly MfaMethod[]): MethodName[] {
  const available = availableMethods(setUp, ranking)
  return methods.recoveryCode.isSetUp(setUp) ? [...available, 'recoveryCode'] : available
}

/** What the account has set up. */
export async function readSetUp(db: Db | Tx, account: { id: string }): Promise<SetUp> {
  const row = await readSetUpRow(db, account.id)
  if (!row) throw new Error('There is no such account.')
  return setUpOf(row)
}

const readSetUpRow = prepared((db, account: string) =>
  db.selectFrom('account').select(setUpColumns).where('id', '=', account),
)

/** What `setUpOf` needs, to be selected along with other columns of `account`. */
export const setUpColumns = (account: ExpressionBuilder<Schema, 'account'>) =>
  [
    'id',
    'phone_number',
    'mfa_email',
    account
      .selectFrom('totp_secret')
      .select((row) => row.fn.countAll<number>().as('count'))
      .whereRef('account_id', '=', 'account.id')
      .where('confirmed_at', 'is not', null)
      .where('removed_at', 'is', null)
      .as('authenticators'),
    account
      .selectFrom('recovery_code')
      .select((row) => row.fn.countAll<number>().as('count'))
      .whereRef('account_id', '=', 'account.id')
      .where('used_at', 'is', null)
      .where('removed_at', 'is', null)
      .as('recovery_codes'),
    account
      .selectFrom('passkey')
      .select((row) => row.fn.countAll<number>().as('count'))
      .whereRef('account_id', '=', 'account.id')
      .where('removed_at', 'is', null)
      .as('passkeys'),
  ] as const

export function setUpOf(row: {
  id: string
  phone_number: string | null
  mfa_email: string | null
  authenticators: number | null
  recovery_codes: number | null
  passkeys: number | null
}): SetUp {
  return {
    account: row.id,
    authenticator: (row.authenticators ?? 0) > 0,
    phoneNumber: row.phone_number,
    email: row.mfa_email,
    recoveryCodes: row.recovery_codes ?? 0,
    passkeys: row.passkeys ?? 0,
  }
}

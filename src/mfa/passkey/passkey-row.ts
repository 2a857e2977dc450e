import { Problem } from '../../lib/problem.ts'
import { newId } from '../../lib/random.ts'
import type { PasskeyTable } from '../../store/schema.ts'
import type { Tx } from '../../store/transaction.ts'
import type { VerifiedRegistration } from './webauthn.ts'

/** The row of a verified passkey. @param passkey.mfaEpoch in which it was proven; null if MFA is off */
export function newPasskeyRow(
  tx: Tx,
  account: { id: string },
  passkey: { registration: VerifiedRegistration; name: string; mfaEpoch: number | null },
): PasskeyTable {
  const { registration, name, mfaEpoch } = passkey
  return {
    id: newId(),
    account_id: account.id,
    credential_id: registration.credentialId,
    public_key: registration.publicKey,
    counter: registration.counter,
    transports: JSON.stringify(registration.transports),
    name,
    backed_up: registration.backedUp ? 1 : 0,
    passwordless: registration.passwordless ? 1 : 0,
    created_at: tx.now(),
    last_used_at: null,
    removed_at: null,
    mfa_epoch: mfaEpoch,
  }
}

/** Inserts a passkey. @throws Problem `passkey_known` if an account has it already */
export async function insertPasskey(tx: Tx, row: PasskeyTable): Promise<void> {
  const added = await tx
    .insertInto('passkey')
    .values(row)
    .onConflict((conflict) => conflict.column('credential_id').doNothing())
    .returning('id')
    .executeTakeFirst()
  if (added) return
  throw new Problem(
    'passkey_known',
    'This passkey is registered already. Please use another device or security key.',
  )
}

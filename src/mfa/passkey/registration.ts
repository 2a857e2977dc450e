import type { RegistrationResponseJSON } from '@simplewebauthn/server'
import * as activity from '../../activity/activity.ts'
import type { MfaMethod } from '../../config/settings.ts'
import type { Keyring } from '../../keys/keyring.ts'
import type { Client } from '../../lib/client.ts'
import { Problem } from '../../lib/problem.ts'
import { newId, newToken } from '../../lib/random.ts'
import type { Principal } from '../../sessions/guard.ts'
import type { LockedAccount } from '../../sessions/locked-account.ts'
import type { Db } from '../../store/open.ts'
import type { Tx } from '../../store/transaction.ts'
import {
  changeCredentials,
  strengtheningUndoMs,
  weakeningUndoMs,
} from '../../undo/credential-change.ts'
import { availableMethods, readEnrollment } from '../methods/methods.ts'
import { nextDefaultMethod } from '../mfa-sign-in.ts'
import { listPasskeyDescriptors, type Passkey, passkeyColumns, passkeyOf } from './assertion.ts'
import { consumePasskeyChallenge, createPasskeyChallenge } from './passkey-challenge.ts'
import {
  challengeOf,
  type RelyingParty,
  type VerifiedRegistration,
  verifyRegistration,
} from './webauthn.ts'

/** More than anyone has devices and spare keys. */
const maxPasskeys = 20

/**
 * Begins to register a passkey.
 *
 * @returns what the authenticator must be told
 * @throws Problem `too_many_passkeys`
 */
export async function startPasskeyRegistration(
  tx: Tx,
  account: LockedAccount,
  principal: Principal,
) {
  const known = await listPasskeyDescriptors(tx, account.id)
  if (known.length >= maxPasskeys) throw tooManyPasskeys()
  const { session } = principal
  const { value } = await createPasskeyChallenge(tx, tx.keyring, {
    purpose: 'register',
    account,
    session,
  })
  const userHandle = await ensureUserHandle(tx, account)
  return { challenge: value, userHandle, email: account.email, known }
}

/** What authenticators know the account by: it tells nothing, neither the address nor the id. */
async function ensureUserHandle(tx: Tx, { id }: LockedAccount): Promise<string> {
  await tx
    .updateTable('account')
    .set({ user_handle: newToken() })
    .where('id', '=', id)
    .where('user_handle', 'is', null)
    .execute()
  const { user_handle } = await tx
    .selectFrom('account')
    .select('user_handle')
    .where('id', '=', id)
    .executeTakeFirstOrThrow()
  return user_handle ?? ''
}

/** A registration that was found to be right, and how the account was when it began. */
export interface VersionedRegistration {
  registration: VerifiedRegistration
  credentialVersion: number | null
}

/**
 * Judges what an authenticator made of `beginPasskey`. The challenge is used up by it.
 *
 * @throws Problem `invalid_passkey`
 */
export async function verifyNewPasskey(
  { db, keyring, relyingParty }: { db: Db; keyring: Keyring; relyingParty: RelyingParty },
  { session }: Principal,
  response: RegistrationResponseJSON,
): Promise<VersionedRegistration> {
  const lookup = { value: challengeOf(response), purpose: 'register', session } as const
  const challenge = await consumePasskeyChallenge(db, keyring, lookup)
  const registration =
    challenge && (await verifyRegistration(relyingParty, challenge.value, response))
  if (!challenge || !registration) throw invalidPasskey()
  return { registration, credentialVersion: challenge.credential_version }
}

/**
 * Adds a passkey whose registration was right. From now on it signs in, and can be chosen as the
 * MFA method; the owner is told.
 *
 * @throws Problem `passkey_known` if it is one of anybody's already, or `invalid_passkey` if the
 * account was changed meanwhile, also by another passkey
 */
export async function addPasskey(
  tx: Tx,
  account: LockedAccount,
  principal: Principal,
  { registration, credentialVersion, name }: VersionedRegistration & { name: string | undefined },
): Promise<Passkey> {
  if (credentialVersion !== account.credential_version) throw invalidPasskey()
  const { passkeys } = await readEnrollment(tx, account)
  const row = {
    id: newId(),
    account_id: account.id,
    credential_id: registration.credentialId,
    public_key: registration.publicKey,
    counter: registration.counter,
    transports: JSON.stringify(registration.transports),
    name: name ?? `Passkey ${passkeys + 1}`,
    backed_up: registration.backedUp ? 1 : 0,
    passwordless: registration.passwordless ? 1 : 0,
    created_at: tx.now(),
    last_used_at: null,
    removed_at: null,
  }
  await changeCredentials(tx, account, {
    type: 'passkey.added',
    cause: { by: 'owner', ...principal },
    detail: { passkey: row.name },
    notice: 'passkey-added',
    params: { at: tx.now() },
    undoForMs: undoForMs(account),
    updateRows: async () => {
      const added = await tx
        .insertInto('passkey')
        .values(row)
        .onConflict((conflict) => conflict.column('credential_id').doNothing())
        .returning('id')
        .executeTakeFirst()
      if (!added) {
        throw new Problem(
          'passkey_known',
          'This passkey is registered already. Use another device or key.',
        )
      }
    },
  })
  return passkeyOf(row)
}

/**
 * How long adding one can be undone. Whoever has the mailbox can undo, too: where a passkey is
 * what takes the mailbox out of signing in, or is about to turn MFA on, that must not stand open
 * for long. It takes nothing from its owner, who can remove it at any time.
 */
function undoForMs({ mfa_on_since, mfa_method }: LockedAccount): number {
  return mfa_on_since === null || mfa_method === 'email' ? strengtheningUndoMs : weakeningUndoMs
}

/** Gives a passkey another name. @throws Problem `not_found` */
export async function renamePasskey(
  tx: Tx,
  account: string,
  { id, name }: { id: string; name: string },
  { client, session }: { client: Client; session: string },
): Promise<Passkey> {
  const row = await tx
    .updateTable('passkey')
    .set({ name })
    .where('id', '=', id)
    .where('account_id', '=', account)
    .where('removed_at', 'is', null)
    .returning(passkeyColumns)
    .executeTakeFirst()
  if (!row) throw passkeyNotFound()
  const detail = { passkey: name }
  await activity.record(tx, account, { type: 'passkey.renamed', client, session, detail })
  return passkeyOf(row)
}

/**
 * Removes a passkey: it is dead at once. If it was the last one and the MFA method, the strongest
 * other method takes over.
 *
 * @throws Problem `not_found`, or `last_method` while MFA is on and nothing is left
 */
export async function removePasskey(
  tx: Tx,
  account: LockedAccount,
  principal: Principal,
  { id, ranking }: { id: string; ranking: readonly MfaMethod[] },
): Promise<void> {
  const row = await tx
    .selectFrom('passkey')
    .select('name')
    .where('id', '=', id)
    .where('account_id', '=', account.id)
    .where('removed_at', 'is', null)
    .executeTakeFirst()
  if (!row) throw passkeyNotFound()
  const enrollment = await readEnrollment(tx, account)
  const remaining = availableMethods({ ...enrollment, passkeys: enrollment.passkeys - 1 }, ranking)
  await changeCredentials(tx, account, {
    type: 'passkey.removed',
    cause: { by: 'owner', ...principal },
    detail: { passkey: row.name },
    notice: 'passkey-removed',
    params: { at: tx.now() },
    undoForMs: weakeningUndoMs,
    set: nextDefaultMethod(account, 'passkey', remaining),
    updateRows: () =>
      tx.updateTable('passkey').set({ removed_at: tx.now() }).where('id', '=', id).execute(),
  })
}

export function invalidPasskey(): Problem {
  return new Problem('invalid_passkey', 'That passkey wasn’t accepted. Please try again.')
}

function passkeyNotFound(): Problem {
  return new Problem('not_found', 'There is no passkey with this id, or it was removed already.')
}

function tooManyPasskeys(): Problem {
  return new Problem(
    'too_many_passkeys',
    `There are ${maxPasskeys} passkeys already, which is the most an account can have. Remove one first.`,
  )
}

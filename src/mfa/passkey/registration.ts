import type { RegistrationResponseJSON } from '@simplewebauthn/server'
import type { MfaMethod } from '../../config/settings.ts'
import { Problem } from '../../lib/problem.ts'
import { newToken } from '../../lib/random.ts'
import type { Principal } from '../../sessions/guard.ts'
import type { LockedAccount } from '../../sessions/locked-account.ts'
import { isCurrent } from '../../store/mfa-state.ts'
import type { Tx } from '../../store/transaction.ts'
import { changeCredentials } from '../../undo/credential-change.ts'
import { readEnrollments } from '../methods/methods.ts'
import { joinableEpoch } from '../mfa-epoch.ts'
import { invalidPasskey, listPasskeyDescriptors, type PasskeyDeps } from './assertion.ts'
import { type Passkey, passkeyOf } from './passkey.ts'
import { consumePasskeyChallenge, createPasskeyChallenge } from './passkey-challenge.ts'
import { insertPasskey, newPasskeyRow } from './passkey-row.ts'
import { challengeOf, type VerifiedRegistration, verifyRegistration } from './webauthn.ts'

/** Passkeys per account: more than anyone has devices and security keys. */
const maxPasskeys = 20

/**
 * Starts the registration of a passkey.
 *
 * @returns the input of the creation options
 * @throws Problem `too_many_passkeys`
 */
export async function startPasskeyRegistration(
  tx: Tx,
  account: LockedAccount,
  principal: Principal,
) {
  const known = await listPasskeyDescriptors(tx, account, { includePending: true })
  if (known.length >= maxPasskeys) throw tooManyPasskeys()
  const { session } = principal
  const { value } = await createPasskeyChallenge(tx, {
    purpose: 'register',
    account,
    session,
  })
  const userHandle = await ensureUserHandle(tx, account)
  return { challenge: value, userHandle, email: account.email, known }
}

/** The user handle of an account: random, so that it reveals neither its address nor its id. */
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

/** A verified registration, and the account's credential version when it was started. */
export interface VersionedRegistration {
  registration: VerifiedRegistration
  credentialVersion: number | null
}

/**
 * Verifies the authenticator's response to `startPasskeyRegistration`, and consumes the challenge.
 *
 * @throws Problem `invalid_passkey`
 */
export async function verifyNewPasskey(
  { db, keyring, relyingParty }: PasskeyDeps,
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
 * Adds a verified passkey and notifies the owner. It can sign in at once, unless it is pending, and
 * can be chosen as the MFA method.
 *
 * @param addition.ranking methods the operator offers, strongest first
 * @throws Problem `passkey_known` if an account has it already, or `invalid_passkey` if the
 * credentials of this account changed since the registration was started
 */
export async function addPasskey(
  tx: Tx,
  account: LockedAccount,
  principal: Principal,
  addition: VersionedRegistration & { name: string | undefined; ranking: readonly MfaMethod[] },
): Promise<Passkey> {
  const { registration, credentialVersion, name, ranking } = addition
  if (credentialVersion !== account.credential_version) throw invalidPasskey()
  const { current, pending } = await readEnrollments(tx, account)
  const row = newPasskeyRow(tx, account, {
    registration,
    name: name ?? `Passkey ${current.passkeys + pending.passkeys + 1}`,
    mfaEpoch: await joinableEpoch(tx, account, ranking),
  })
  await changeCredentials(tx, account, {
    type: 'passkey.added',
    cause: { by: 'owner', ...principal },
    detail: { passkey: row.name },
    notice: isCurrent(account, row.mfa_epoch) ? 'passkey-added' : 'passkey-added-unconfirmed',
    params: { at: tx.now() },
    updateRows: () => insertPasskey(tx, row),
  })
  return passkeyOf(account, row)
}

function tooManyPasskeys(): Problem {
  return new Problem(
    'too_many_passkeys',
    `There are ${maxPasskeys} passkeys already, which is the most an account can have. Remove one first.`,
  )
}

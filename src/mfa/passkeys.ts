import type { RegistrationResponseJSON } from '@simplewebauthn/server'
import * as activity from '../activity/activity.ts'
import { change, strengtheningMs, weakeningMs } from '../activity/change.ts'
import type { Client } from '../lib/client.ts'
import { now } from '../lib/clock.ts'
import type { Keys } from '../lib/keys.ts'
import { Problem } from '../lib/problem.ts'
import { newId, newToken } from '../lib/random.ts'
import { newPasskeyChallenge, takePasskeyChallenge } from '../passkeys/challenge.ts'
import {
  describePasskeys,
  type Passkey,
  passkeyColumns,
  shownToOwner,
} from '../passkeys/passkey.ts'
import {
  challengeOf,
  judgeRegistration,
  type Registered,
  type RelyingParty,
} from '../passkeys/relying-party.ts'
import type { HeldAccount, SignedIn } from '../sessions/guard.ts'
import type { MfaMethod } from '../settings.ts'
import type { Db, Tx } from '../store/open.ts'
import { availableMethods, readSetUp } from './methods/methods.ts'
import { whatTakesOver } from './mfa-sign-in.ts'

/** More than anyone has devices and spare keys. */
const mostPasskeys = 20

/**
 * Begins to register a passkey.
 *
 * @returns what the authenticator must be told
 * @throws Problem `too_many_passkeys`
 */
export async function beginPasskey(tx: Tx, keys: Keys, account: HeldAccount, who: SignedIn) {
  const known = await describePasskeys(tx, account.id)
  if (known.length >= mostPasskeys) throw tooMany()
  const { session } = who
  const { value } = await newPasskeyChallenge(tx, keys, { purpose: 'register', account, session })
  const userHandle = await userHandleOf(tx, account)
  return { challenge: value, userHandle, email: account.email, known }
}

/** What authenticators know the account by: it tells nothing, neither the address nor the id. */
async function userHandleOf(tx: Tx, { id }: HeldAccount): Promise<string> {
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
export interface AnsweredRegistration {
  registered: Registered
  credentialVersion: number | null
}

/**
 * Judges what an authenticator made of `beginPasskey`. The challenge is used up by it.
 *
 * @throws Problem `invalid_passkey`
 */
export async function judgeNewPasskey(
  { db, keys, relyingParty }: { db: Db; keys: Keys; relyingParty: RelyingParty },
  { session }: SignedIn,
  response: RegistrationResponseJSON,
): Promise<AnsweredRegistration> {
  const which = { value: challengeOf(response), purpose: 'register', session } as const
  const taken = await takePasskeyChallenge(db, keys, which)
  const registered = taken && (await judgeRegistration(relyingParty, taken.value, response))
  if (!taken || !registered) throw notAccepted()
  return { registered, credentialVersion: taken.credential_version }
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
  keys: Keys,
  account: HeldAccount,
  who: SignedIn,
  { registered, credentialVersion, name }: AnsweredRegistration & { name: string | undefined },
): Promise<Passkey> {
  if (credentialVersion !== account.credential_version) throw notAccepted()
  const { passkeys } = await readSetUp(tx, account)
  const row = {
    id: newId(),
    account_id: account.id,
    credential_id: registered.credentialId,
    public_key: registered.publicKey,
    counter: registered.counter,
    transports: JSON.stringify(registered.transports),
    name: name ?? `Passkey ${passkeys + 1}`,
    backed_up: registered.backedUp ? 1 : 0,
    passwordless: registered.passwordless ? 1 : 0,
    created_at: now(),
    last_used_at: null,
    removed_at: null,
  }
  await change(
    tx,
    keys,
    account,
    {
      type: 'passkey.added',
      cause: { by: 'owner', ...who },
      detail: { passkey: row.name },
      tell: 'passkey-added',
      params: { at: now() },
      undoForMs: undoForMs(account),
    },
    {},
    async () => {
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
  )
  return shownToOwner(row)
}

/**
 * How long adding one can be undone. Whoever has the mailbox can undo, too: where a passkey is
 * what takes the mailbox out of signing in, or is about to turn MFA on, that must not stand open
 * for long. It takes nothing from its owner, who can remove it at any time.
 */
function undoForMs({ mfa_on_since, mfa_method }: HeldAccount): number {
  return mfa_on_since === null || mfa_method === 'email' ? strengtheningMs : weakeningMs
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
  if (!row) throw notThere()
  const detail = { passkey: name }
  await activity.record(tx, account, { type: 'passkey.renamed', client, session, detail })
  return shownToOwner(row)
}

/**
 * Removes a passkey: it is dead at once. If it was the last one and the MFA method, the strongest
 * other method takes over.
 *
 * @throws Problem `not_found`, or `last_method` while MFA is on and nothing is left
 */
export async function removePasskey(
  tx: Tx,
  keys: Keys,
  account: HeldAccount,
  who: SignedIn,
  { id, ranking }: { id: string; ranking: readonly MfaMethod[] },
): Promise<void> {
  const row = await tx
    .selectFrom('passkey')
    .select('name')
    .where('id', '=', id)
    .where('account_id', '=', account.id)
    .where('removed_at', 'is', null)
    .executeTakeFirst()
  if (!row) throw notThere()
  const setUp = await readSetUp(tx, account)
  const left = availableMethods({ ...setUp, passkeys: setUp.passkeys - 1 }, ranking)
  await change(
    tx,
    keys,
    account,
    {
      type: 'passkey.removed',
      cause: { by: 'owner', ...who },
      detail: { passkey: row.name },
      tell: 'passkey-removed',
      params: { at: now() },
      undoForMs: weakeningMs,
    },
    whatTakesOver(account, 'passkey', left),
    () => tx.updateTable('passkey').set({ removed_at: now() }).where('id', '=', id).execute(),
  )
}

export function notAccepted(): Problem {
  return new Problem('invalid_passkey', 'That passkey wasn’t accepted. Please try again.')
}

function notThere(): Problem {
  return new Problem('not_found', 'There is no passkey with this id, or it was removed already.')
}

function tooMany(): Problem {
  return new Problem(
    'too_many_passkeys',
    `There are ${mostPasskeys} passkeys already, which is the most an account can have. Remove one first.`,
  )
}

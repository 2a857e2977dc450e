import * as activity from '../activity/activity.ts'
import type { Client } from '../lib/client.ts'
import { day, hour, minute, now, second } from '../lib/clock.ts'
import type { EmailAddress } from '../lib/email-address.ts'
import type { Keys } from '../lib/keys.ts'
import { maskEmail } from '../lib/mask.ts'
import { networkOf } from '../lib/network.ts'
import { newCode, newId } from '../lib/random.ts'
import type { Limit, Limits } from '../limits/limits.ts'
import { enqueue, enqueueCode } from '../messages/outbox.ts'
import { enter } from '../sessions/gate.ts'
import { heldColumns } from '../sessions/guard.ts'
import type { Entered, Lifetimes } from '../sessions/session.ts'
import type { Tx } from '../store/open.ts'

/** Mail can be slow; a code for signing up guards an account that does not exist yet. */
const codeLivesMs = 15 * minute

/** Mails to one address: from one network, and from all of them. */
const mailsFromHere: Limit = {
  name: 'sign-up-mails-here',
  most: 5,
  within: hour,
  problem: 'too_many_messages',
}
const mailsToAddress: Limit = {
  name: 'sign-up-mails',
  most: 20,
  within: day,
  problem: 'too_many_messages',
}

/** Sign-ups from one network: ten a minute is a busy school, more is a machine. */
const signUpsFromHere: Limit = {
  name: 'sign-ups',
  most: 600,
  within: hour,
  problem: 'too_many_attempts',
}

/** Wrong codes for one address: from one network, and from all of them. */
const wrongCodesFromHere: Limit = {
  name: 'sign-up-codes-here',
  most: 10,
  within: hour,
  problem: 'too_many_attempts',
}
const wrongCodesForAddress: Limit = {
  name: 'sign-up-codes',
  most: 50,
  within: hour,
  problem: 'too_many_attempts',
}

const codePurpose = ({ key }: EmailAddress) => `sign_up ${key}`

/** The answer to every sign-up, whoever has the address. */
export interface SignUpCodeSent {
  status: 'codeSent'
  sentTo: string
  expiresIn: number
}

/**
 * Begins a sign-up: its code goes to the address. There is no account before the code comes back.
 *
 * An address that has one already gets another message, and the same answer after the same work.
 *
 * @param passwordHash of the password that this sign-up, and no other, will set
 */
export async function begin(
  tx: Tx,
  { keys, limits }: { keys: Keys; limits: Limits },
  request: { email: EmailAddress; passwordHash: string; client: Client },
): Promise<SignUpCodeSent> {
  const { email, passwordHash, client } = request
  const network = networkOf(client.address)
  await limits.take(
    tx,
    { limit: signUpsFromHere, of: network },
    { limit: mailsFromHere, of: `${email.key} ${network}` },
    { limit: mailsToAddress, of: email.key },
  )

  const known = await tx
    .selectFrom('account')
    .select(['id', 'email'])
    .where('email_key', '=', email.key)
    .executeTakeFirst()
  const code = newCode()
  const expiresAt = now() + codeLivesMs
  await tx
    .insertInto('sign_up')
    .values({
      id: newId(),
      email: email.address,
      email_key: email.key,
      password_hash: passwordHash,
      code_hash: keys.hash(code, codePurpose(email)),
      created_at: now(),
      expires_at: expiresAt,
      consumed_at: null,
    })
    .execute()

  if (known) {
    const to = { channel: 'email', address: known.email } as const
    await enqueue(tx, known.id, to, 'sign-up-known-address', {})
  } else {
    const to = { channel: 'email', address: email.address } as const
    await enqueueCode(tx, keys, null, to, 'sign-up-code', { code, expiresAt })
  }
  return {
    status: 'codeSent',
    sentTo: maskEmail(email.address),
    expiresIn: codeLivesMs / second,
  }
}

/**
 * Finishes the sign-up that `code` belongs to: the account gets the password of that sign-up.
 * Others that wait for the same address, a stranger's perhaps, end here.
 *
 * @returns undefined for a code that is wrong, late or used; that must be committed, for it counts
 */
export async function verify(
  tx: Tx,
  house: { keys: Keys; limits: Limits; lifetimes: Lifetimes },
  request: { email: EmailAddress; code: string; client: Client },
): Promise<Entered | undefined> {
  const { keys, limits, lifetimes } = house
  const { email, code, client } = request
  const taken = await limits.take(
    tx,
    { limit: wrongCodesFromHere, of: `${email.key} ${networkOf(client.address)}` },
    { limit: wrongCodesForAddress, of: email.key },
  )

  const signUp = await tx
    .updateTable('sign_up')
    .set({ consumed_at: now() })
    .where('email_key', '=', email.key)
    .where('code_hash', 'in', keys.hashes(code.replaceAll(' ', ''), codePurpose(email)))
    .where('consumed_at', 'is', null)
    .where('expires_at', '>', now())
    .returning(['email', 'password_hash'])
    .executeTakeFirst()
  if (!signUp) return undefined

  const account = await createAccount(tx, { ...signUp, email_key: email.key })
  if (!account) return undefined
  await limits.giveBack(tx, taken)
  await tx
    .updateTable('sign_up')
    .set({ consumed_at: now() })
    .where('email_key', '=', email.key)
    .where('consumed_at', 'is', null)
    .execute()
  await activity.record(tx, account.id, { type: 'account.created', client })
  return enter(tx, { account, shown: ['pwd'], client, keys, lifetimes })
}

/** @returns undefined if the address has an account by now */
function createAccount(
  tx: Tx,
  { email, email_key, password_hash }: { email: string; email_key: string; password_hash: string },
) {
  return tx
    .insertInto('account')
    .values({
      id: newId(),
      email,
      email_key,
      password_hash,
      password_changed_at: now(),
      phone_number: null,
      phone_verified_at: null,
      mfa_email: null,
      mfa_on_since: null,
      mfa_method: null,
      mfa_changed_at: null,
      credential_version: 1,
      created_at: now(),
    })
    .onConflict((conflict) => conflict.column('email_key').doNothing())
    .returning(heldColumns)
    .executeTakeFirst()
}

import * as activity from '../activity/activity.ts'
import { mayComeBack } from '../activity/way-back.ts'
import type { Client } from '../lib/client.ts'
import { day, hour, minute, now, second } from '../lib/clock.ts'
import type { EmailAddress } from '../lib/email-address.ts'
import type { Keys } from '../lib/keys.ts'
import type { Language } from '../lib/language.ts'
import { maskEmail } from '../lib/mask.ts'
import { networkOf } from '../lib/network.ts'
import { newCode, newId } from '../lib/random.ts'
import type { Limit, Limits, Taken } from '../limits/limits.ts'
import { enqueue } from '../messages/outbox.ts'
import { enter } from '../sessions/gate.ts'
import { heldColumns } from '../sessions/guard.ts'
import type { Entered, SessionRules } from '../sessions/session.ts'
import { serialize, type Tx } from '../store/open.ts'

/** Mail can be slow; a code for signing up guards an account that does not exist yet. */
export const codeLivesMs = 15 * minute

/** Mails to one address: from one network, and from all of them. */
const mailsFromHere: Limit = {
  name: 'sign-up-mails-here',
  most: 5,
  within: hour,
  problem: 'too_many_messages',
}
export const mailsToAddress: Limit = {
  name: 'sign-up-mails',
  most: 20,
  within: day,
  problem: 'too_many_messages',
}

/** Sign-ups and wrong codes from one network: ten a minute is a busy school, more is a machine. */
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
export const wrongCodesForAddress: Limit = {
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

/** Counts a sign-up before any work is done for it. @throws Problem with `retryAfter` */
export async function count(
  tx: Tx,
  limits: Limits,
  { email, client }: { email: EmailAddress; client: Client },
): Promise<void> {
  const network = networkOf(client.ipAddress)
  await limits.take(
    tx,
    { limit: signUpsFromHere, of: network },
    { limit: mailsFromHere, of: `${email.key} ${network}` },
    { limit: mailsToAddress, of: email.key },
  )
}

/**
 * Begins a sign-up that was counted: its code goes to the address. There is no account before the
 * code comes back.
 *
 * An address that has one already gets another message, and the same answer after the same work.
 *
 * @param passwordHash of the password that this sign-up, and no other, will set
 */
export async function begin(
  tx: Tx,
  keys: Keys,
  request: { email: EmailAddress; passwordHash: string; client: Client },
): Promise<SignUpCodeSent> {
  const { email, passwordHash, client } = request
  const known = await tx
    .selectFrom('account')
    .select(['id', 'email'])
    .where('email_key', '=', email.key)
    .where('deleted_at', 'is', null)
    .executeTakeFirst()
  const reserved = !known && (await mayComeBack(tx, email.key))
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

  const address = known?.email ?? email.address
  await enqueue(tx, keys, {
    account: known?.id ?? null,
    language: client.language,
    to: { channel: 'email', address },
    template: known
      ? 'sign-up-known-address'
      : reserved
        ? 'sign-up-reserved-address'
        : 'sign-up-code',
    params: {},
    secret: known || reserved ? undefined : { kind: 'code', value: code, until: expiresAt },
  })
  return {
    status: 'codeSent',
    sentTo: maskEmail(email.address),
    expiresIn: codeLivesMs / second,
  }
}

/** Counts a code before any work is done for it. @throws Problem with `retryAfter` */
export function countCode(
  tx: Tx,
  limits: Limits,
  { email, client }: { email: EmailAddress; client: Client },
): Promise<Taken> {
  const network = networkOf(client.ipAddress)
  return limits.take(
    tx,
    { limit: signUpsFromHere, of: network },
    { limit: wrongCodesFromHere, of: `${email.key} ${network}` },
    { limit: wrongCodesForAddress, of: email.key },
  )
}

/**
 * Finishes the sign-up that `code` belongs to, once that was counted. Others that wait for the same
 * address, a stranger's perhaps, end here.
 *
 * @param passwordHash what the account gets instead of the password of that sign-up: whoever sent
 * both knows it, whereas the code may be that of a stranger's sign-up, which lies in the same
 * mailbox
 * @returns undefined for a code that is wrong, late or used
 */
export async function verify(
  tx: Tx,
  house: { keys: Keys; limits: Limits; rules: SessionRules },
  request: {
    email: EmailAddress
    code: string
    passwordHash: string | undefined
    client: Client
    taken: Taken
  },
): Promise<Entered | undefined> {
  const { keys, limits, rules } = house
  const { email, code, passwordHash, client, taken } = request
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

  await serialize(tx, `email ${email.key}`)
  if (await mayComeBack(tx, email.key)) return undefined
  const account = await createAccount(tx, {
    email: signUp.email,
    email_key: email.key,
    password_hash: passwordHash ?? signUp.password_hash,
    language: client.language,
  })
  if (!account) return undefined
  await limits.giveBack(tx, taken)
  await tx
    .updateTable('sign_up')
    .set({ consumed_at: now() })
    .where('email_key', '=', email.key)
    .where('consumed_at', 'is', null)
    .execute()
  await activity.record(tx, account.id, { type: 'account.created', client })
  return enter(tx, { account, shown: ['pwd'], client, keys, rules })
}

/** @returns undefined if the address has an account by now */
export function createAccount(
  tx: Tx,
  account: { email: string; email_key: string; password_hash: string; language: Language },
) {
  return tx
    .insertInto('account')
    .values({
      ...account,
      id: newId(),
      password_changed_at: now(),
      phone_number: null,
      phone_verified_at: null,
      mfa_email: null,
      mfa_on_since: null,
      mfa_method: null,
      mfa_changed_at: null,
      credential_version: 1,
      password_reset_required_since: null,
      reset_by_email_at: null,
      deleted_at: null,
      created_at: now(),
      user_handle: null,
    })
    .onConflict((conflict) => conflict.column('email_key').doNothing())
    .returning(heldColumns)
    .executeTakeFirst()
}

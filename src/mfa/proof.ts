import { now } from '../lib/clock.ts'
import { Problem } from '../lib/problem.ts'
import type { HeldAccount, SignedIn } from '../sessions/guard.ts'
import type { MfaMethod } from '../settings.ts'
import type { Tx } from '../store/open.ts'
import { type Asker, answersPerChallenge, consume, newChallenge } from './challenge.ts'
import { sendCode, wrongCodes } from './codes.ts'
import { isSentCode } from './methods/sent-code.ts'
import { proveAuthenticator } from './mfa-secret.ts'
import type { Proven } from './mfa-sign-in.ts'

/** What an owner sends to have a method switched on. */
export interface ProofRequest {
  method: MfaMethod
  /** For `sms` and `email`: where to, if it is not where it went before. */
  to: string | undefined
  code: string | undefined
}

/**
 * Has the owner prove to hold a method, in one step or two: without a code one is sent, with the
 * right code it is proven. Nothing is switched on here.
 *
 * @throws Problem for what can't be proven as asked, `too_many_attempts`, `too_many_messages`
 */
export async function prove(
  tx: Tx,
  asker: Asker,
  account: HeldAccount,
  who: SignedIn,
  request: ProofRequest,
): Promise<Proven> {
  const { method, code } = request
  if (method === 'authenticator') {
    return proveAuthenticator(tx, asker, account, code)
  }
  if (code === undefined) return sendSetUpCode(tx, asker, account, who, request)
  return proveAddress(tx, asker, account, who, { ...request, method, code })
}

async function sendSetUpCode(
  tx: Tx,
  asker: Asker,
  account: HeldAccount,
  who: SignedIn,
  { method, to }: ProofRequest,
): Promise<Proven> {
  const address = to ?? addressOf(account, method)
  if (address === undefined) {
    const message = 'is missing: say where the codes should go'
    throw new Problem('invalid_request', 'Give a phoneNumber to send codes to.', {
      errors: [{ path: '/phoneNumber', message }],
    })
  }
  const isOn = account.mfa_on_since !== null && account.mfa_method === method
  if (isOn && address === provenAddress(account, method)) return 'onAlready'

  const challenge =
    (await openSetUp(tx, account, who, method, address)) ??
    (await newSetUp(tx, account, who, method, address))
  const channel = method === 'sms' ? 'sms' : 'email'
  const sent = await sendCode(tx, asker, challenge, {
    method,
    to: { channel, address },
    template: 'set-up-code',
  })
  return { sent }
}

async function proveAddress(
  tx: Tx,
  asker: Asker,
  account: HeldAccount,
  who: SignedIn,
  { method, to, code }: ProofRequest & { code: string },
): Promise<Proven> {
  const taken = await asker.limits.take(tx, { limit: wrongCodes, of: account.id })
  const challenge = await openSetUp(tx, account, who, method, to)
  if (!challenge) return 'wrong'

  const { id, sent_to, code_hash, code_expires_at } = challenge
  const sent = { challenge: id, codeHash: code_hash, expiresAt: code_expires_at }
  if (sent_to === null || !isSentCode(asker.keys, code, sent)) {
    await tx
      .updateTable('challenge')
      .set((row) => ({ wrong: row('wrong', '+', 1) }))
      .where('id', '=', id)
      .execute()
    return 'wrong'
  }
  await asker.limits.giveBack(tx, taken)
  await consume(tx, id)
  return { proof: { method, sentTo: sent_to, isNew: sent_to !== provenAddress(account, method) } }
}

/** Where codes go by default: the proven address of the method, or the account's own. */
function addressOf(account: HeldAccount, method: MfaMethod): string | undefined {
  return provenAddress(account, method) ?? (method === 'email' ? account.email : undefined)
}

function provenAddress(account: HeldAccount, method: MfaMethod): string | undefined {
  return (method === 'sms' ? account.phone_number : account.mfa_email) ?? undefined
}

/** The newest code of this session that is still waited for. @param to any address if undefined */
function openSetUp(
  tx: Tx,
  account: HeldAccount,
  who: SignedIn,
  method: MfaMethod,
  to: string | undefined,
) {
  return tx
    .selectFrom('challenge')
    .select(['id', 'account_id', 'sent_at', 'sent_to', 'code_hash', 'code_expires_at'])
    .where('session_id', '=', who.session)
    .where('purpose', '=', 'setUp')
    .where('method', '=', method)
    .$if(to !== undefined, (query) => query.where('sent_to', '=', to ?? ''))
    .where('consumed_at', 'is', null)
    .where('expires_at', '>', now())
    .where('wrong', '<', answersPerChallenge)
    .where('credential_version', '=', account.credential_version)
    .orderBy('sent_at', 'desc')
    .executeTakeFirst()
}

function newSetUp(tx: Tx, account: HeldAccount, who: SignedIn, method: MfaMethod, to: string) {
  return tx
    .insertInto('challenge')
    .values({
      ...newChallenge(account),
      purpose: 'setUp',
      session_id: who.session,
      method,
      sent_to: to,
    })
    .returning(['id', 'account_id', 'sent_to', 'sent_at'])
    .executeTakeFirstOrThrow()
}

import { day, hour, minute, now, second, secondsUntil } from '../lib/clock.ts'
import { mailboxOf } from '../lib/email-address.ts'
import type { Keys } from '../lib/keys.ts'
import { mask } from '../lib/mask.ts'
import { rangeOf } from '../lib/phone-number.ts'
import { Problem } from '../lib/problem.ts'
import { newCode } from '../lib/random.ts'
import { type Check, counted, type Limit, type Limits } from '../limits/limits.ts'
import type { Channel } from '../messages/gateway.ts'
import { enqueue, type Recipient } from '../messages/outbox.ts'
import type { Db, Tx } from '../store/open.ts'
import { hashCode } from './sent-code.ts'

/** Long enough for a slow text, short enough that a code seen over a shoulder is soon worthless. */
const codeLivesMs = 5 * minute

/** Between two codes, so that the first has a chance to arrive. */
const pauseMs = 30 * second

/** Codes sent for one account: more than anyone needs, few enough to annoy nobody. */
const codesPerHour: Limit = {
  name: 'codes-sent',
  most: 20,
  within: hour,
  problem: 'too_many_messages',
}

/**
 * Codes to an address or a number that whoever asks has yet to prove: it may be somebody else's.
 * They are counted apart from its owner's, who is not barred by them.
 */
const codesToUnproven: Limit = {
  name: 'codes-to-unproven',
  most: 10,
  within: day,
  problem: 'too_many_messages',
}

/** Texts for one account, to whatever numbers. */
const textsForAccount: Limit = {
  name: 'texts-for',
  most: 20,
  within: day,
  problem: 'too_many_messages',
}

/** Texts to one number, for all accounts that have proven it. */
const textsPerNumber: Limit = {
  name: 'texts-to',
  most: 20,
  within: day,
  problem: 'too_many_messages',
}

/**
 * Texts to unproven numbers of one range: thieves who earn by texts have many in a row. Those that
 * were proven don't count, or strangers could bar whoever has a number beside theirs.
 */
const textsPerRange: Limit = {
  name: 'texts-to-range',
  most: 100,
  within: day,
  problem: 'too_many_messages',
  alarm: 'many new numbers of one range ask for texts, as thieves do: a text was not sent',
}

/** Texts over the whole service: texts cost money, and thieves earn by them. */
const textsPerDay = (most: number): Limit => ({
  name: 'texts',
  most,
  within: day,
  problem: 'sms_unavailable',
  alarm: 'LATCHKEY_SMS_DAILY_CAP is reached: a text was not sent',
})

const everyone = 'everyone'

/** Texts that count against the cap of the day. */
export function textsPromised(db: Db): Promise<number> {
  return counted(db, { limit: textsPerDay(0), of: everyone })
}

/** What a code is sent for. */
export type CodeTemplate = 'sign-in-code' | 'set-up-code' | 'address-code'

/** What sending a code takes. */
export interface CodeSender {
  keys: Keys
  limits: Limits
  smsDailyCap: number
}

/** The `202` of whoever asked for a code. */
export interface CodeSent {
  status: 'codeSent'
  sentTo: string
  expiresIn: number
  retryAfter: number
}

/**
 * Sends a new code for a challenge. The one before is dead from now on; wrong answers stay counted.
 *
 * @param unproven whether the account has yet to prove that it holds the recipient
 * @throws Problem with `retryAfter` if it is too early, or if there were too many
 */
export async function sendCode(
  tx: Tx,
  sender: CodeSender,
  challenge: { id: string; account_id: string; sent_to: string | null; sent_at: number | null },
  what: { method: Channel; to: Recipient; template: CodeTemplate; unproven?: boolean },
): Promise<CodeSent> {
  const { keys, limits, smsDailyCap } = sender
  const { method, to, template, unproven = false } = what
  // Another way may be tried at once: the first may be lost for good.
  const again = challenge.sent_to === to.address ? (challenge.sent_at ?? 0) + pauseMs : 0
  if (again > now()) {
    const retryAfter = secondsUntil(again)
    const detail = `A code is on its way. You can ask for another in ${retryAfter} seconds.`
    throw new Problem('too_many_messages', detail, { retryAfter })
  }
  await limits.take(
    tx,
    { limit: codesPerHour, of: challenge.account_id },
    ...(unproven ? toUnproven(to) : []),
    ...(to.channel === 'sms'
      ? [
          { limit: textsForAccount, of: challenge.account_id },
          ...(unproven ? [] : [{ limit: textsPerNumber, of: to.address }]),
          { limit: textsPerDay(smsDailyCap), of: everyone },
        ]
      : []),
  )

  const code = newCode()
  const expiresAt = now() + codeLivesMs
  await tx
    .updateTable('challenge')
    .set((row) => ({
      method,
      sent_to: to.address,
      code_hash: hashCode(keys, challenge.id, code),
      code_expires_at: expiresAt,
      sent_at: now(),
      send_count: row('send_count', '+', 1),
    }))
    .where('id', '=', challenge.id)
    .execute()
  await enqueue(tx, keys, {
    account: challenge.account_id,
    to,
    template,
    params: {},
    secret: { kind: 'code', value: code, until: expiresAt },
  })

  return {
    status: 'codeSent',
    sentTo: mask(to.address),
    expiresIn: codeLivesMs / second,
    retryAfter: pauseMs / second,
  }
}

/** What a code counts against that goes to somebody who may never have asked for it. */
function toUnproven({ channel, address }: Recipient): Check[] {
  if (channel === 'email') return [{ limit: codesToUnproven, of: mailboxOf(address) }]
  return [
    { limit: codesToUnproven, of: address },
    { limit: textsPerRange, of: rangeOf(address) },
  ]
}

/**
 * Wrong codes of one account, over all challenges, methods, addresses and nodes. Whoever gets here
 * has given the right password, so a stranger can't use it up.
 */
const wrongCodes: Limit = {
  name: 'wrong-codes',
  most: 20,
  within: hour,
  problem: 'too_many_attempts',
}

/** The same over a day, so that patience does not pay either. */
const wrongCodesPerDay: Limit = {
  name: 'wrong-codes-day',
  most: 50,
  within: day,
  problem: 'too_many_attempts',
}

/** What a guess at a code of this account counts against. */
export function guessAt(account: string): Check[] {
  return [
    { limit: wrongCodes, of: account },
    { limit: wrongCodesPerDay, of: account },
  ]
}

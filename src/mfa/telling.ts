import * as activity from '../activity/activity.ts'
import type { CodeSender } from '../codes/send-code.ts'
import type { Client } from '../lib/client.ts'
import { day, now } from '../lib/clock.ts'
import { type Limit, unlessTooMany } from '../limits/limits.ts'
import { enqueue } from '../messages/outbox.ts'
import type { HeldAccount } from '../sessions/guard.ts'
import { distrust } from '../sessions/trusted-device.ts'
import type { Tx } from '../store/open.ts'
import type { SetUp } from './methods/method.ts'

/** Wrong codes in a day that are taken for the owner's own slips, over however many sign-ins. */
const slips: Limit = {
  name: 'slips',
  most: 4,
  within: day,
  problem: 'too_many_attempts',
}

/** Often enough to be noticed, seldom enough not to be a nuisance. */
const toldOfGuessing: Limit = {
  name: 'guessing-told',
  most: 1,
  within: day,
  problem: 'too_many_messages',
}

/** Whoever guesses codes knows the password, which its owner should hear. */
export async function tellOfGuessing(
  tx: Tx,
  { keys, limits }: CodeSender,
  account: HeldAccount,
): Promise<void> {
  if (await limits.take(tx, { limit: slips, of: account.id }).catch(unlessTooMany)) return
  const told = await limits.take(tx, { limit: toldOfGuessing, of: account.id }).catch(unlessTooMany)
  if (!told) return
  await enqueue(tx, keys, {
    account: account.id,
    to: { channel: 'email', address: account.email },
    template: 'codes-guessed',
    params: { at: now() },
  })
}

/** Whoever needs a recovery code may have lost a device, so none is trusted any more. */
export async function tellOfRecoveryCode(
  tx: Tx,
  { keys }: CodeSender,
  account: HeldAccount,
  setUp: SetUp,
  client: Client,
): Promise<void> {
  const remaining = setUp.recoveryCodes - 1
  await distrust(tx, account.id)
  await activity.record(tx, account.id, {
    type: 'recovery_code.used',
    client,
    detail: { remaining },
  })
  await enqueue(tx, keys, {
    account: account.id,
    to: { channel: 'email', address: account.email },
    template: 'recovery-code-used',
    params: { remaining, at: now() },
  })
}

import * as activity from '../activity/activity.ts'
import type { Client } from '../lib/client.ts'
import { hour } from '../lib/clock.ts'
import type { EmailAddress } from '../lib/email-address.ts'
import { networkOf } from '../lib/network.ts'
import type { Passwords } from '../lib/passwords.ts'
import { Problem } from '../lib/problem.ts'
import type { Turns } from '../lib/queue.ts'
import { type Check, type Limit, wrongPasswordsInSession } from '../limits/limits.ts'
import { type Asker, begin, type MfaRequired } from '../mfa/challenge.ts'
import { checkPassword } from '../sessions/check-password.ts'
import { signedInBefore } from '../sessions/familiar.ts'
import { enter } from '../sessions/gate.ts'
import { holdAccount, type SignedIn } from '../sessions/guard.ts'
import type { Entered } from '../sessions/session.ts'
import type { Db, Tx } from '../store/open.ts'
import { transaction } from '../store/transaction.ts'
import { tell } from '../store/watch.ts'

/** Wrong passwords for one account from one network: its owner's own slips fit in. */
export const wrongFromHere: Limit = {
  name: 'wrong-passwords-here',
  most: 10,
  within: hour,
  problem: 'too_many_attempts',
}

/**
 * Wrong passwords for one account from all networks that it never signed in from. The owner's own
 * networks don't count into it and are not stopped by it: no stranger can bar the owner.
 */
export const wrongFromElsewhere: Limit = {
  name: 'wrong-passwords',
  most: 50,
  within: hour,
  problem: 'too_many_attempts',
}

/** Wrong passwords from one network, for whatever accounts. */
const wrongFromNetwork: Limit = {
  name: 'wrong-passwords-from',
  most: 200,
  within: hour,
  problem: 'too_many_attempts',
}

/** What signing in takes. */
export interface SignInHouse extends Asker {
  db: Db
  passwords: Passwords
  turns: Turns
}

/** A right password opens the door, or the way to the second factor. */
export type Welcomed = { entered: Entered } | { mfaRequired: MfaRequired }

/**
 * Signs in with address and password. Known and unknown addresses cost the same work, so that the
 * time tells nothing either.
 *
 * @param email undefined for what can't be an address
 * @returns undefined if they don't fit
 * @throws Problem `too_many_attempts`, or `unavailable` at once where the line is too long
 */
export async function signIn(
  house: SignInHouse,
  request: {
    email: EmailAddress | undefined
    password: string
    client: Client
    /** Of a device that was trusted before; any other changes nothing. */
    deviceToken?: string | undefined
  },
): Promise<Welcomed | undefined> {
  const { db, passwords } = house
  const { email, password, client, deviceToken } = request
  passwords.ensureRoom()
  const account = await db
    .selectFrom('account')
    .select(['id', 'password_hash'])
    .where('email_key', '=', email?.key ?? '')
    .where('deleted_at', 'is', null)
    .executeTakeFirst()
  const network = networkOf(client.ipAddress)
  const familiar = await signedInBefore(db, account?.id ?? '', client)

  return judge(house, {
    account,
    password,
    client,
    deviceToken,
    limits: [
      { limit: wrongFromNetwork, of: network },
      ...(email ? [{ limit: wrongFromHere, of: `${email.key} ${network}` }] : []),
      ...(email && !familiar ? [{ limit: wrongFromElsewhere, of: email.key }] : []),
    ],
  })
}

/** Confirms that whoever has the session knows the password: its sign-in is fresh again. */
export async function reauthenticate(
  house: SignInHouse,
  request: { who: SignedIn; password: string; client: Client },
): Promise<Welcomed | undefined> {
  const { who, password, client } = request
  const account = await house.db
    .selectFrom('account')
    .select(['id', 'password_hash'])
    .where('id', '=', who.account)
    .executeTakeFirst()
  return judge(house, {
    account,
    password,
    client,
    session: who.session,
    limits: [{ limit: wrongPasswordsInSession, of: who.session }],
  })
}

/**
 * A few guesses of one kind at a time: those that are being judged count as wrong until they turn
 * out right, and many right ones at once must not use up the count.
 */
async function judge(
  house: SignInHouse,
  attempt: Parameters<typeof judgeNow>[1],
): Promise<Welcomed | undefined> {
  const { passwords, turns } = house
  const name = attempt.limits.map(({ of }) => of).join(' ')
  passwords.ensureRoom(turns.waiting(name))
  return turns.run(name, () => passwords.inLine(() => judgeNow(house, attempt)))
}

async function judgeNow(
  house: SignInHouse,
  attempt: {
    account: { id: string; password_hash: string } | undefined
    password: string
    client: Client
    session?: string
    deviceToken?: string | undefined
    limits: Check[]
  },
): Promise<Welcomed | undefined> {
  const { db, limits } = house
  const { account, password, client } = attempt

  // Counted before it is judged: of many guesses at once none slips past the count.
  const taken = await transaction(db, (tx) => limits.take(tx, ...attempt.limits)).catch(
    async (error) => {
      if (error instanceof Problem && error.code === 'too_many_attempts') {
        await tell(db, { about: 'signIn', method: 'password', result: 'limited' })
      }
      throw error
    },
  )
  const fitting = await checkPassword(house, account, password)

  return transaction(db, async (tx) => {
    if (fitting !== undefined && account) {
      await limits.giveBack(tx, taken)
      const known = { id: account.id, password_hash: fitting }
      const welcomed = await welcome(tx, house, { ...attempt, account: known })
      if (welcomed) return welcomed
    }
    const detail = { step: 'password' }
    // Also for unknown addresses: writing it down takes time.
    await activity.record(tx, account?.id ?? null, { type: 'signin.failed', client, detail })
    await tell(tx, { about: 'signIn', method: 'password', result: 'wrong' })
    return undefined
  })
}

/** @returns undefined if the password was changed while it was being checked */
async function welcome(
  tx: Tx,
  house: SignInHouse,
  entry: {
    account: { id: string; password_hash: string }
    client: Client
    session?: string
    deviceToken?: string | undefined
  },
): Promise<Welcomed | undefined> {
  const { keys, rules } = house
  const { client, session, deviceToken } = entry
  const account = await holdAccount(tx, entry.account.id)
  if (account?.password_hash !== entry.account.password_hash) return undefined

  const entered = await enter(tx, {
    account,
    shown: ['pwd'],
    client,
    session,
    deviceToken,
    keys,
    rules,
  })
  const method = entered && account.mfa_on_since !== null ? 'trustedDevice' : 'password'
  await tell(tx, { about: 'signIn', method, result: entered ? 'signedIn' : 'mfaRequired' })
  return entered ? { entered } : { mfaRequired: await begin(tx, house, account, session) }
}

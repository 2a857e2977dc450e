import type { AuthenticationResponseJSON } from '@simplewebauthn/server'
import * as activity from '../activity/activity.ts'
import { countWrong } from '../codes/challenge-row.ts'
import type { Client } from '../lib/client.ts'
import { hour } from '../lib/clock.ts'
import { networkOf } from '../lib/network.ts'
import { Problem } from '../lib/problem.ts'
import type { Limit } from '../limits/limits.ts'
import { type Asker, finish, openChallenge, remember } from '../mfa/challenge.ts'
import { newPasskeyChallenge, type Taken, takePasskeyChallenge } from '../passkeys/challenge.ts'
import {
  describePasskeys,
  judgePasskey,
  type ShownPasskey,
  usePasskey,
} from '../passkeys/passkey.ts'
import type { Descriptor } from '../passkeys/relying-party.ts'
import { enter } from '../sessions/gate.ts'
import { holdAccount, type SignedIn } from '../sessions/guard.ts'
import type { Entered } from '../sessions/session.ts'
import type { Db, Tx } from '../store/open.ts'
import { transaction } from '../store/transaction.ts'
import { tell } from '../store/watch.ts'

/** Sign-ins by passkey begun from one network: each visit of a sign-in page begins one. */
const begunFromNetwork: Limit = {
  name: 'passkey-sign-ins-from',
  most: 600,
  within: hour,
  problem: 'too_many_attempts',
}

/** What a passkey is asked to sign. */
export interface Begun {
  passkeyToken: string
  challenge: string
  /** The account's passkeys; undefined where nobody said yet whose account it is. */
  allowed: Descriptor[] | undefined
  /** Whether nothing but the passkey is shown. */
  alone: boolean
}

/**
 * Begins to sign in by passkey: as the second factor of the sign-in that `mfaToken` opens, to
 * confirm who has a session, or with nothing else at all.
 *
 * @throws Problem `mfa_token_expired`, `method_not_set_up`, or `too_many_attempts`
 */
export function beginWithPasskey(
  house: Asker & { db: Db },
  asked: { mfaToken: string } | { who: SignedIn } | { client: Client },
): Promise<Begun> {
  const { db, keys, limits } = house
  return transaction(db, async (tx) => {
    if ('mfaToken' in asked) {
      const { account, challenge } = await openChallenge(tx, house, asked)
      const allowed = await describePasskeys(tx, account.id)
      if (allowed.length === 0) throw noPasskey()
      const what = { purpose: 'secondFactor', account, challenge: challenge.id } as const
      const { value, passkeyToken } = await newPasskeyChallenge(tx, keys, what)
      return { passkeyToken, challenge: value, allowed, alone: false }
    }
    if ('who' in asked) {
      const { session } = asked.who
      const account = await holdAccount(tx, asked.who.account)
      const allowed = await describePasskeys(tx, asked.who.account)
      if (!account || allowed.length === 0) throw noPasskey()
      const what = { purpose: 'reauthenticate', account, session } as const
      const { value, passkeyToken } = await newPasskeyChallenge(tx, keys, what)
      return { passkeyToken, challenge: value, allowed, alone: true }
    }
    await limits.take(tx, { limit: begunFromNetwork, of: networkOf(asked.client.ipAddress) })
    const { value, passkeyToken } = await newPasskeyChallenge(tx, keys, { purpose: 'signIn' })
    return { passkeyToken, challenge: value, allowed: undefined, alone: true }
  })
}

/** What a passkey made of it, and who brings it. */
export interface PasskeyAnswer {
  passkeyToken: string
  response: AuthenticationResponseJSON
  /** Whoever is signed in already: if their session is to be confirmed, it must be theirs. */
  who: SignedIn | undefined
  rememberDevice?: boolean | undefined
  client: Client
}

/**
 * Judges the answer, once. No limit of guesses is asked: a signature can't be guessed, and so a
 * passkey lets its owner in however much a stranger hammers at the account.
 *
 * @returns undefined if it is not right
 * @throws Problem `passkey_token_expired`, `mfa_token_expired`
 */
export async function answerWithPasskey(
  house: Asker & { db: Db },
  answer: PasskeyAnswer,
): Promise<Entered | undefined> {
  const { db, keys, relyingParty } = house
  const { passkeyToken, response, who } = answer
  const taken = await takePasskeyChallenge(db, keys, { passkeyToken, session: who?.session })
  if (!taken) throw expired()
  const shown = await judgePasskey(db, relyingParty, taken, response)
  return transaction(db, async (tx) => {
    const entered = shown && (await welcome(tx, house, { ...answer, taken, shown }))
    const result = entered ? 'signedIn' : 'wrong'
    await tell(tx, { about: 'signIn', method: 'passkey', result })
    if (entered) return entered
    if (taken.challenge_id) await countWrong(tx, taken.challenge_id)
    const { client } = answer
    const detail = { step: 'passkey' }
    const account = shown?.account ?? taken.account_id
    await activity.record(tx, account, { type: 'signin.failed', client, detail })
    return undefined
  })
}

/** @returns undefined if the passkey was removed meanwhile, or may be a copy */
async function welcome(
  tx: Tx,
  house: Asker,
  entry: PasskeyAnswer & { taken: Taken; shown: ShownPasskey },
): Promise<Entered | undefined> {
  const { keys, rules } = house
  const { taken, shown, client, rememberDevice } = entry
  const account = await holdAccount(tx, shown.account)
  const begunAs = taken.credential_version ?? account?.credential_version
  if (!account || begunAs !== account.credential_version) throw expired()

  const waiting = taken.challenge_id
    ? await openChallenge(tx, house, { id: taken.challenge_id })
    : undefined
  if (!(await usePasskey(tx, house, account, shown, client))) return undefined
  if (waiting) {
    const { challenge } = waiting
    const amr = ['pwd' as const, ...shown.amr]
    return finish(tx, house, { account, challenge, shown: amr, client, rememberDevice })
  }
  const session = taken.session_id ?? undefined
  const entered = await enter(tx, { account, shown: shown.amr, client, session, keys, rules })
  if (!entered)
    throw new Error('A passkey that knows its user was shown, and the gate stayed shut.')
  return rememberDevice ? remember(tx, keys, { account, client, entered }) : entered
}

function noPasskey(): Problem {
  return new Problem('method_not_set_up', 'This account has no passkey. Please choose another way.')
}

function expired(): Problem {
  return new Problem(
    'passkey_token_expired',
    'This took too long, or was answered already. Please try again.',
  )
}

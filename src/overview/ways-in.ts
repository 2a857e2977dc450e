import type { MfaMethod } from '../config/settings.ts'
import type { Enrollment } from '../mfa/methods/method.ts'
import { availableChallengeMethods, type ChallengeMethod } from '../mfa/methods/methods.ts'
import { hasOnlyEmail } from '../mfa/mfa-epoch.ts'

/** Credentials that an owner could lose or have stolen. */
export const credentialKinds = [
  'password',
  'mailbox',
  'passkey',
  'authenticator',
  'phone',
  /** The mailbox that receives codes, where it is not the account's own. */
  'otherMailbox',
  'recoveryCodes',
] as const
export type CredentialKind = (typeof credentialKinds)[number]

/** The credentials of an account, as far as they decide who can sign in. */
export interface AccountCredentials {
  mfaOn: boolean
  /** The default method; null while MFA is off. */
  mfaMethod: MfaMethod | null
  /** Methods the operator offers, strongest first. */
  mfaMethods: readonly MfaMethod[]
  /** The second factors that sign in; pending ones open nothing and are not among them. */
  enrollment: Enrollment
  /** Whether codes by email go to the mailbox that also resets the password, sub-addresses included. */
  sameMailbox: boolean
  /** The passkeys that sign in. */
  passkeys: {
    id: string
    name: string
    /** Signs in without a password: it verifies its user by biometrics or PIN. */
    passwordless: boolean
  }[]
}

interface Credential {
  what: CredentialKind
  /** Set if `what` is `passkey`. */
  passkey?: { id: string; name: string }
}

export interface WaysIn {
  /** Credentials that an ordinary sign-in takes, in order. */
  signInNeeds: CredentialKind[]
  /** For each credential: whether its owner could still sign in without it, and by which others. */
  ifLost: (Credential & { stillIn: boolean; by: CredentialKind[]; canChange: boolean })[]
  /** For each credential: whether it alone lets a thief in. */
  ifStolen: (Credential & { letsIn: boolean; why: string })[]
  /** The step that would help most; empty if none would. */
  advice: { do: AdviceAction; why: string }[]
}

export type AdviceAction = 'turnOnMfa' | 'setUpAuthenticator' | 'makeRecoveryCodes'

/**
 * Computes the effect of losing each credential, or of having it stolen, by trying every way to sign
 * in with and without it. A pure function; tests compare it with real sign-ins.
 */
export function analyzeWaysIn(account: AccountCredentials): WaysIn {
  const [best] = adviceOptions
    .filter((step) => step.applies(account))
    .map((step) => ({ step, gain: countRisks(account) - countRisks(step.apply(account)) }))
    .filter(({ gain }) => gain > 0)
    .sort((a, b) => b.gain - a.gain)

  return {
    signInNeeds: listSignInNeeds(account),
    ifLost: listCredentials(account).map((item) => {
      const by = findWayInWithout(account, item)
      const canChange = by !== undefined && reachesRequiredAcr(account, by)
      return { ...item, stillIn: by !== undefined, by: by ?? [], canChange }
    }),
    ifStolen: listCredentials(account).map((item) => {
      const letsIn = letsThiefIn(account, item)
      return { ...item, letsIn, why: explainTheft(account, item, letsIn) }
    }),
    advice: best ? [{ do: best.step.name, why: best.step.why }] : [],
  }
}

/** Lists the credentials that can take part in a sign-in, each passkey separately. */
function listCredentials(account: AccountCredentials): Credential[] {
  const second: readonly CredentialKind[] = account.mfaOn
    ? listSecondFactors(account, 'password')
    : []
  return credentialKinds.flatMap((what): Credential[] => {
    if (what === 'passkey') {
      return account.passkeys
        .filter(({ passwordless }) => passwordless || account.mfaOn)
        .map(({ id, name }) => ({ what, passkey: { id, name } }))
    }
    return what === 'password' || what === 'mailbox' || second.includes(what) ? [{ what }] : []
  })
}

/** The credentials that sign the owner in without a lost one; undefined if none do. */
function findWayInWithout(
  account: AccountCredentials,
  lost: Credential,
): CredentialKind[] | undefined {
  const left = listCredentials(account).filter(
    ({ what, passkey }) => what !== lost.what || passkey?.id !== lost.passkey?.id,
  )
  const wayIn = findWayInWith(account, new Set(left.map(({ what }) => what)))
  if (wayIn) return wayIn
  const passkeyAlone = left.some(({ passkey }) => isPasswordless(account, passkey))
  return passkeyAlone ? ['passkey'] : undefined
}

function isPasswordless({ passkeys }: AccountCredentials, passkey: Credential['passkey']): boolean {
  return passkeys.some(({ id, passwordless }) => id === passkey?.id && passwordless)
}

/** A stolen passkey alone never lets a thief in: it verifies its user, or needs the password first. */
function letsThiefIn(account: AccountCredentials, { what }: Credential): boolean {
  return findWayInWith(account, new Set([what])) !== undefined
}

/** The credentials of `has` that sign in, password or mailbox first; undefined if none do. */
function findWayInWith(
  account: AccountCredentials,
  has: ReadonlySet<CredentialKind>,
): CredentialKind[] | undefined {
  // The mailbox can reset the password.
  const first = has.has('password') ? 'password' : has.has('mailbox') ? 'mailbox' : undefined
  if (!first) return undefined
  if (!account.mfaOn) return [first]
  const second = listSecondFactors(account, first).find((kind) => has.has(kind))
  return second && [...new Set<CredentialKind>([first, second])]
}

/** Lists the second factors that are accepted after a first factor of password or mailbox. */
function listSecondFactors(account: AccountCredentials, first: CredentialKind): CredentialKind[] {
  const { enrollment, mfaMethods, mfaMethod, sameMailbox } = account
  const usable = availableChallengeMethods(enrollment, mfaMethods, mfaMethod, {
    throughMailbox: first === 'mailbox',
  }).map((method) => kindOf(method, sameMailbox))
  // Email last: it is the one that may not suffice for a change.
  return credentialKinds
    .filter((kind) => usable.includes(kind))
    .sort((a, b) => Number(isMailbox(a)) - Number(isMailbox(b)))
}

const isMailbox = (kind: CredentialKind) => kind === 'mailbox' || kind === 'otherMailbox'

function kindOf(method: ChallengeMethod, sameMailbox: boolean): CredentialKind {
  if (method === 'sms') return 'phone'
  if (method === 'recoveryCode') return 'recoveryCodes'
  if (method === 'email') return sameMailbox ? 'mailbox' : 'otherMailbox'
  return method
}

/**
 * Whether a sign-in by these credentials may change how the account signs in, as the guard decides:
 * where there is another method, a code by email is not enough.
 */
function reachesRequiredAcr(
  { mfaOn, mfaMethod, enrollment, mfaMethods }: AccountCredentials,
  by: CredentialKind[],
): boolean {
  const emailSuffices = !mfaOn || hasOnlyEmail(mfaMethod, enrollment, mfaMethods)
  return emailSuffices || !by.slice(1).some(isMailbox)
}

function listSignInNeeds({ mfaOn, mfaMethod, sameMailbox }: AccountCredentials): CredentialKind[] {
  return mfaOn && mfaMethod !== null ? ['password', kindOf(mfaMethod, sameMailbox)] : ['password']
}

/**
 * Counts credentials that alone let a thief in, and those whose loss locks the owner out of the account
 * or of its settings.
 */
function countRisks(account: AccountCredentials): number {
  const items = listCredentials(account)
  const stolen = items.filter((item) => letsThiefIn(account, item))
  const lost = items.filter((item) => {
    const by = findWayInWithout(account, item)
    return !by || !reachesRequiredAcr(account, by)
  })
  return stolen.length + lost.length
}

const adviceOptions: {
  name: AdviceAction
  why: string
  applies: (account: AccountCredentials) => boolean
  apply: (account: AccountCredentials) => AccountCredentials
}[] = [
  {
    name: 'turnOnMfa',
    why: 'Anyone who has your password can sign in. With a second step, they would need your phone as well.',
    applies: (account) => !account.mfaOn,
    // Turning MFA on generates recovery codes.
    apply: (account) => ({
      ...account,
      mfaOn: true,
      mfaMethod: 'authenticator',
      enrollment: { ...account.enrollment, authenticator: true, recoveryCodes: 10 },
    }),
  },
  {
    name: 'setUpAuthenticator',
    why: 'Anyone who can read your email can sign in: they can reset your password, and the codes go to the same mailbox. Use an authenticator app or a passkey instead.',
    applies: (account) => account.mfaOn && !account.enrollment.authenticator,
    apply: (account) => ({
      ...account,
      mfaMethod: 'authenticator',
      enrollment: { ...account.enrollment, authenticator: true },
    }),
  },
  {
    name: 'makeRecoveryCodes',
    why: 'If you lose your second step, you can still sign in with a recovery code kept on paper.',
    applies: (account) => account.mfaOn && account.enrollment.recoveryCodes === 0,
    apply: (account) => ({
      ...account,
      enrollment: { ...account.enrollment, recoveryCodes: 10 },
    }),
  },
]

function explainTheft(
  account: AccountCredentials,
  { what, passkey }: Credential,
  letsIn: boolean,
): string {
  if (what === 'password') {
    return letsIn ? 'It is all that signing in takes.' : 'Signing in takes a second step, too.'
  }
  if (what === 'mailbox') {
    if (!letsIn) return 'It can reset the password, but signing in takes a second step, too.'
    return account.mfaOn
      ? 'It can reset the password, and it receives the codes of the second step.'
      : 'It can reset the password, which is all that signing in takes.'
  }
  return isPasswordless(account, passkey)
    ? 'It works only with your fingerprint, face or PIN.'
    : 'Signing in takes the password first.'
}

import type { MfaMethod } from '../config/settings.ts'

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
  authenticator: boolean
  phone: boolean
  /** Whether codes by email are set up. */
  emailCodes: boolean
  /** Whether they go to the mailbox that also resets the password. */
  sameMailbox: boolean
  recoveryCodes: number
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
  ifLost: (Credential & { stillIn: boolean; by: CredentialKind[] })[]
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
      return { ...item, stillIn: by !== undefined, by: by ?? [] }
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
  const { authenticator, phone, emailCodes, sameMailbox, recoveryCodes, passkeys } = account
  // One mailbox doesn't count as both factors while there is another method.
  const mailboxUsedTwice = first === 'mailbox' && (authenticator || phone || passkeys.length > 0)
  const usable: Record<CredentialKind, boolean> = {
    password: false,
    passkey: passkeys.length > 0,
    authenticator,
    phone,
    mailbox: emailCodes && sameMailbox && !mailboxUsedTwice,
    otherMailbox: emailCodes && !sameMailbox,
    recoveryCodes: recoveryCodes > 0,
  }
  return credentialKinds.filter((kind) => usable[kind])
}

function listSignInNeeds({ mfaOn, mfaMethod, sameMailbox }: AccountCredentials): CredentialKind[] {
  if (!mfaOn || mfaMethod === null) return ['password']
  const email = sameMailbox ? 'mailbox' : 'otherMailbox'
  const second = {
    passkey: 'passkey',
    authenticator: 'authenticator',
    sms: 'phone',
    email,
  } as const
  return ['password', second[mfaMethod]]
}

/** Counts credentials that alone let a thief in, and those whose loss locks the owner out. */
function countRisks(account: AccountCredentials): number {
  const items = listCredentials(account)
  const stolen = items.filter((item) => letsThiefIn(account, item))
  const lost = items.filter((item) => !findWayInWithout(account, item))
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
      authenticator: true,
      recoveryCodes: 10,
    }),
  },
  {
    name: 'setUpAuthenticator',
    why: 'Anyone who can read your email can sign in: they can reset your password, and the codes go to the same mailbox. Use an authenticator app or a passkey instead.',
    applies: (account) => account.mfaOn && !account.authenticator,
    apply: (account) => ({ ...account, authenticator: true, mfaMethod: 'authenticator' }),
  },
  {
    name: 'makeRecoveryCodes',
    why: 'If you lose your second step, you can still sign in with a recovery code kept on paper.',
    applies: (account) => account.mfaOn && account.recoveryCodes === 0,
    apply: (account) => ({ ...account, recoveryCodes: 10 }),
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

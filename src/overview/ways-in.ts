import type { MfaMethod } from '../config/settings.ts'

/** Things that an owner has or knows, and could lose or have stolen. */
export const credentialKinds = [
  'password',
  'mailbox',
  'passkey',
  'authenticator',
  'phone',
  /** The one that codes go to, where it is not the account's own. */
  'otherMailbox',
  'recoveryCodes',
] as const
export type CredentialKind = (typeof credentialKinds)[number]

/** What decides who gets into an account. */
export interface AccountCredentials {
  mfaOn: boolean
  /** The method asked for first; of no meaning while MFA is off. */
  mfaMethod: MfaMethod | null
  authenticator: boolean
  phone: boolean
  /** Codes by email are set up. */
  emailCodes: boolean
  /** They go to the mailbox that also resets the password. */
  sameMailbox: boolean
  recoveryCodes: number
  passkeys: {
    id: string
    name: string
    /** Signs in alone: it asks for a finger, a face or a PIN. */
    passwordless: boolean
  }[]
}

/** Something to lose, or to have stolen. */
interface Credential {
  what: CredentialKind
  /** Which of the passkeys. */
  passkey?: { id: string; name: string }
}

export interface WaysIn {
  /** What an ordinary sign-in takes, in order. */
  signInNeeds: CredentialKind[]
  /** For each thing: whether its owner would still get in without it, and by what. */
  ifLost: (Credential & { stillIn: boolean; by: CredentialKind[] })[]
  /** For each thing: whether it alone lets a thief in. */
  ifStolen: (Credential & { letsIn: boolean; why: string })[]
  /** The one step that would help most; none if nothing would. */
  advice: { do: AdviceAction; why: string }[]
}

export type AdviceAction = 'turnOnMfa' | 'setUpAuthenticator' | 'makeRecoveryCodes'

/**
 * What losing or having one thing would mean: every way in is tried, with and without it. A pure
 * function of what is set up, so it says nothing that signing in would not do.
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

/** All that counts for getting in, each passkey for itself. */
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

/** What the owner gets in by who has all but one thing; undefined if they don't. */
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

/** A passkey alone helps no thief: it asks for its owner's finger, or a password comes first. */
function letsThiefIn(account: AccountCredentials, { what }: Credential): boolean {
  return findWayInWith(account, new Set([what])) !== undefined
}

/** By which of these one gets in, password or mailbox first; undefined if not. */
function findWayInWith(
  account: AccountCredentials,
  has: ReadonlySet<CredentialKind>,
): CredentialKind[] | undefined {
  // Whoever has the mailbox can set a new password.
  const first = has.has('password') ? 'password' : has.has('mailbox') ? 'mailbox' : undefined
  if (!first) return undefined
  if (!account.mfaOn) return [first]
  const second = listSecondFactors(account, first).find((thing) => has.has(thing))
  return second && [...new Set<CredentialKind>([first, second])]
}

/** What the second step takes, after a first one by password or by mailbox. */
function listSecondFactors(account: AccountCredentials, first: CredentialKind): CredentialKind[] {
  const { authenticator, phone, emailCodes, sameMailbox, recoveryCodes, passkeys } = account
  // One mailbox is not taken for both, where there is another method.
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
  return credentialKinds.filter((thing) => usable[thing])
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

/** How bad it stands: each thing that lets a thief in, and each whose loss locks the owner out. */
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
    why: 'Now your password alone lets anyone in. With a second step, whoever has it still needs your phone.',
    applies: (account) => !account.mfaOn,
    // Recovery codes come with it.
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
    why: 'Your mailbox alone lets anyone in: it can set a new password, and it gets the codes. An authenticator app, or a passkey, is in your hand alone.',
    applies: (account) => account.mfaOn && !account.authenticator,
    apply: (account) => ({ ...account, authenticator: true, mfaMethod: 'authenticator' }),
  },
  {
    name: 'makeRecoveryCodes',
    why: 'If you lose what you sign in with, a recovery code on paper still lets you in.',
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
    return letsIn ? 'Nothing else is asked for.' : 'A second step is asked for, too.'
  }
  if (what === 'mailbox') {
    if (!letsIn) return 'It can set a new password, but a second step is asked for, too.'
    return account.mfaOn
      ? 'It can set a new password, and it gets the codes of the second step.'
      : 'It can set a new password, and nothing else is asked for.'
  }
  return isPasswordless(account, passkey)
    ? 'It asks for your finger, your face or your PIN.'
    : 'The password is asked for first.'
}

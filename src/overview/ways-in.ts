import type { MfaMethod } from '../settings.ts'

/** Things that an owner has or knows, and could lose or have stolen. */
export const things = [
  'password',
  'mailbox',
  'passkey',
  'authenticator',
  'phone',
  /** The one that codes go to, where it is not the account's own. */
  'otherMailbox',
  'recoveryCodes',
] as const
export type Thing = (typeof things)[number]

/** What decides who gets into an account. */
export interface Enrolled {
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
interface Item {
  what: Thing
  /** Which of the passkeys. */
  passkey?: { id: string; name: string }
}

export interface WaysIn {
  /** What an ordinary sign-in takes, in order. */
  signInNeeds: Thing[]
  /** For each thing: whether its owner would still get in without it, and by what. */
  ifLost: (Item & { stillIn: boolean; by: Thing[] })[]
  /** For each thing: whether it alone lets a thief in. */
  ifStolen: (Item & { letsIn: boolean; why: string })[]
  /** The one step that would help most; none if nothing would. */
  advice: { do: Step; why: string }[]
}

export type Step = 'turnOnMfa' | 'setUpAuthenticator' | 'makeRecoveryCodes'

/**
 * What losing or having one thing would mean: every way in is tried, with and without it. A pure
 * function of what is set up, so it says nothing that signing in would not do.
 */
export function waysIn(enrolled: Enrolled): WaysIn {
  const [best] = steps
    .filter((step) => step.fits(enrolled))
    .map((step) => ({ step, gain: risk(enrolled) - risk(step.after(enrolled)) }))
    .filter(({ gain }) => gain > 0)
    .sort((a, b) => b.gain - a.gain)

  return {
    signInNeeds: ordinaryWay(enrolled),
    ifLost: itemsOf(enrolled).map((item) => {
      const by = wayInWithout(enrolled, item)
      return { ...item, stillIn: by !== undefined, by: by ?? [] }
    }),
    ifStolen: itemsOf(enrolled).map((item) => {
      const letsIn = letsThiefIn(enrolled, item)
      return { ...item, letsIn, why: whyStolen(enrolled, item, letsIn) }
    }),
    advice: best ? [{ do: best.step.name, why: best.step.why }] : [],
  }
}

/** All that counts for getting in, each passkey for itself. */
function itemsOf(enrolled: Enrolled): Item[] {
  const second: readonly Thing[] = enrolled.mfaOn ? secondFactors(enrolled, 'password') : []
  return things.flatMap((what): Item[] => {
    if (what === 'passkey') {
      return enrolled.passkeys
        .filter(({ passwordless }) => passwordless || enrolled.mfaOn)
        .map(({ id, name }) => ({ what, passkey: { id, name } }))
    }
    return what === 'password' || what === 'mailbox' || second.includes(what) ? [{ what }] : []
  })
}

/** What the owner gets in by who has all but one thing; undefined if they don't. */
function wayInWithout(enrolled: Enrolled, lost: Item): Thing[] | undefined {
  const left = itemsOf(enrolled).filter(
    ({ what, passkey }) => what !== lost.what || passkey?.id !== lost.passkey?.id,
  )
  const way = wayInWith(enrolled, new Set(left.map(({ what }) => what)))
  if (way) return way
  const alone = left.some(({ passkey }) => isPasswordless(enrolled, passkey))
  return alone ? ['passkey'] : undefined
}

function isPasswordless({ passkeys }: Enrolled, passkey: Item['passkey']): boolean {
  return passkeys.some(({ id, passwordless }) => id === passkey?.id && passwordless)
}

/** A passkey alone helps no thief: it asks for its owner's finger, or a password comes first. */
function letsThiefIn(enrolled: Enrolled, { what }: Item): boolean {
  return wayInWith(enrolled, new Set([what])) !== undefined
}

/** By which of these one gets in, password or mailbox first; undefined if not. */
function wayInWith(enrolled: Enrolled, has: ReadonlySet<Thing>): Thing[] | undefined {
  // Whoever has the mailbox can set a new password.
  const first = has.has('password') ? 'password' : has.has('mailbox') ? 'mailbox' : undefined
  if (!first) return undefined
  if (!enrolled.mfaOn) return [first]
  const second = secondFactors(enrolled, first).find((thing) => has.has(thing))
  return second && [...new Set<Thing>([first, second])]
}

/** What the second step takes, after a first one by password or by mailbox. */
function secondFactors(enrolled: Enrolled, first: Thing): Thing[] {
  const { authenticator, phone, emailCodes, sameMailbox, recoveryCodes, passkeys } = enrolled
  // One mailbox is not taken for both, where there is another method.
  const twice = first === 'mailbox' && (authenticator || phone || passkeys.length > 0)
  const can: Record<Thing, boolean> = {
    password: false,
    passkey: passkeys.length > 0,
    authenticator,
    phone,
    mailbox: emailCodes && sameMailbox && !twice,
    otherMailbox: emailCodes && !sameMailbox,
    recoveryCodes: recoveryCodes > 0,
  }
  return things.filter((thing) => can[thing])
}

function ordinaryWay({ mfaOn, mfaMethod, sameMailbox }: Enrolled): Thing[] {
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
function risk(enrolled: Enrolled): number {
  const items = itemsOf(enrolled)
  const stolen = items.filter((item) => letsThiefIn(enrolled, item))
  const lost = items.filter((item) => !wayInWithout(enrolled, item))
  return stolen.length + lost.length
}

const steps: {
  name: Step
  why: string
  fits: (enrolled: Enrolled) => boolean
  after: (enrolled: Enrolled) => Enrolled
}[] = [
  {
    name: 'turnOnMfa',
    why: 'Now your password alone lets anyone in. With a second step, whoever has it still needs your phone.',
    fits: (enrolled) => !enrolled.mfaOn,
    // Recovery codes come with it.
    after: (enrolled) => ({
      ...enrolled,
      mfaOn: true,
      mfaMethod: 'authenticator',
      authenticator: true,
      recoveryCodes: 10,
    }),
  },
  {
    name: 'setUpAuthenticator',
    why: 'Your mailbox alone lets anyone in: it can set a new password, and it gets the codes. An authenticator app, or a passkey, is in your hand alone.',
    fits: (enrolled) => enrolled.mfaOn && !enrolled.authenticator,
    after: (enrolled) => ({ ...enrolled, authenticator: true, mfaMethod: 'authenticator' }),
  },
  {
    name: 'makeRecoveryCodes',
    why: 'If you lose what you sign in with, a recovery code on paper still lets you in.',
    fits: (enrolled) => enrolled.mfaOn && enrolled.recoveryCodes === 0,
    after: (enrolled) => ({ ...enrolled, recoveryCodes: 10 }),
  },
]

function whyStolen(enrolled: Enrolled, { what, passkey }: Item, letsIn: boolean): string {
  if (what === 'password') {
    return letsIn ? 'Nothing else is asked for.' : 'A second step is asked for, too.'
  }
  if (what === 'mailbox') {
    if (!letsIn) return 'It can set a new password, but a second step is asked for, too.'
    return enrolled.mfaOn
      ? 'It can set a new password, and it gets the codes of the second step.'
      : 'It can set a new password, and nothing else is asked for.'
  }
  return isPasswordless(enrolled, passkey)
    ? 'It asks for your finger, your face or your PIN.'
    : 'The password is asked for first.'
}

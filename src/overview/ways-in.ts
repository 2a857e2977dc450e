/** Things that an owner has or knows, and could lose or have stolen. */
export const things = [
  'password',
  'mailbox',
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
  mfaMethod: 'authenticator' | 'sms' | 'email' | null
  authenticator: boolean
  phone: boolean
  /** Codes by email are set up. */
  emailCodes: boolean
  /** They go to the mailbox that also resets the password. */
  sameMailbox: boolean
  recoveryCodes: number
}

export interface WaysIn {
  /** What an ordinary sign-in takes, in order. */
  signInNeeds: Thing[]
  /** For each thing: whether its owner would still get in without it, and by what. */
  ifLost: { what: Thing; stillIn: boolean; by: Thing[] }[]
  /** For each thing: whether it alone lets a thief in. */
  ifStolen: { what: Thing; letsIn: boolean; why: string }[]
  /** The one step that would help most; none if nothing would. */
  advice: { do: Step; why: string }[]
}

export type Step = 'turnOnMfa' | 'setUpAuthenticator' | 'makeRecoveryCodes'

/**
 * What losing or having one thing would mean: every way in is tried, with and without it. A pure
 * function of what is set up, so it says nothing that signing in would not do.
 */
export function waysIn(enrolled: Enrolled): WaysIn {
  const mine = thingsOf(enrolled)
  const [best] = steps
    .filter((step) => step.fits(enrolled))
    .map((step) => ({ step, gain: risk(enrolled) - risk(step.after(enrolled)) }))
    .filter(({ gain }) => gain > 0)
    .sort((a, b) => b.gain - a.gain)

  return {
    signInNeeds: ordinaryWay(enrolled),
    ifLost: mine.map((what) => {
      const by = wayInWith(enrolled, new Set(mine.filter((thing) => thing !== what)))
      return { what, stillIn: by !== undefined, by: by ?? [] }
    }),
    ifStolen: mine.map((what) => {
      const letsIn = wayInWith(enrolled, new Set([what])) !== undefined
      return { what, letsIn, why: whyStolen(enrolled, what, letsIn) }
    }),
    advice: best ? [{ do: best.step.name, why: best.step.why }] : [],
  }
}

function thingsOf(enrolled: Enrolled): Thing[] {
  const second: readonly Thing[] = enrolled.mfaOn ? secondFactors(enrolled, 'password') : []
  return things.filter(
    (thing) => thing === 'password' || thing === 'mailbox' || second.includes(thing),
  )
}

/** The things by which somebody who has exactly `has` gets in; undefined if they don't. */
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
  const { authenticator, phone, emailCodes, sameMailbox, recoveryCodes } = enrolled
  // One mailbox is not taken for both, where there is another method.
  const twice = first === 'mailbox' && (authenticator || phone)
  const can: Record<Thing, boolean> = {
    password: false,
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
  const second = { authenticator: 'authenticator', sms: 'phone', email } as const
  return ['password', second[mfaMethod]]
}

/** How bad it stands: each thing that lets a thief in, and each whose loss locks the owner out. */
function risk(enrolled: Enrolled): number {
  const mine = thingsOf(enrolled)
  const stolen = mine.filter((what) => wayInWith(enrolled, new Set([what])))
  const lost = mine.filter(
    (what) => !wayInWith(enrolled, new Set(mine.filter((thing) => thing !== what))),
  )
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
    why: 'Your mailbox alone lets anyone in: it can set a new password, and it gets the codes. An authenticator app is in your hand alone.',
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

function whyStolen({ mfaOn }: Enrolled, what: Thing, letsIn: boolean): string {
  if (what === 'password') {
    return letsIn ? 'Nothing else is asked for.' : 'A second step is asked for, too.'
  }
  if (what === 'mailbox') {
    if (!letsIn) return 'It can set a new password, but a second step is asked for, too.'
    return mfaOn
      ? 'It can set a new password, and it gets the codes of the second step.'
      : 'It can set a new password, and nothing else is asked for.'
  }
  return 'The password is asked for first.'
}

import { day, hour } from '../lib/clock.ts'
import type { RateLimit } from './rate-limiter.ts'

type Definition = Omit<RateLimit, 'name'>

/**
 * Every rate limit of the service. The code consumes these entries; the guessing odds, the table in
 * docs/rate-limits.md and the tests read them.
 *
 * Guesses count per address, because each guess is at one account. Emails count per mailbox
 * (`mailboxOf`), because one person gets what is sent to all of its addresses.
 */
const definitions = {
  // Sign-in. Leaves room for the owner’s own mistakes.
  wrongPasswordsPerAddressAndNetwork: attempts(10, hour, 'an address from one network'),
  // Excludes the owner’s own networks, so that no stranger elsewhere can lock the owner out.
  wrongPasswordsFromUnknownNetworks: attempts(
    50,
    hour,
    'an address from all networks that its owner never signed in from',
  ),
  // A thief may have signed in from many networks, so they share one limit.
  wrongPasswordsFromKnownNetworks: attempts(
    20,
    hour,
    'an address from all networks that its owner signed in from',
  ),
  wrongPasswordsPerNetwork: attempts(200, hour, 'one network, for all addresses'),
  // Replaces the limits above, so that no stranger in the same network can lock the owner out.
  wrongPasswordsPerDevice: attempts(10, hour, 'a known device of the account'),
  // Nobody without the session can use these up.
  wrongPasswordsInSession: attempts(
    10,
    hour,
    'one session, at all calls that ask for the current password together',
  ),

  // Successful calls. Enough for a script that signs in for every call, and for many tabs; too few to
  // keep a node busy. Nobody without the account’s credentials can use these up, so a password reset by
  // mail, which takes them from a thief, clears the first and the last.
  signInsPerAccount: {
    ...attempts(
      300,
      hour,
      'an account, completed sign-ins; confirmations of a session count by session',
    ),
    detailStart: 'Too many sign-ins. Please try again in',
  },
  // By session, so that a thief of one refresh token does not stop the owner’s other sessions.
  refreshesPerSession: {
    ...attempts(600, hour, 'a session'),
    detailStart: 'Too many refreshes. Please use the access token, or try again in',
  },
  // Removing, ending sessions, deleting and undoing are never counted.
  changesPerAccount: {
    ...attempts(
      120,
      hour,
      'an account, calls under `/settings` that add or change something; changes of the password count apart',
    ),
    detailStart: 'Too many changes. Please try again in',
  },

  // Codes. The code step follows the right password, so a stranger cannot use these up.
  wrongCodesPerHour: attempts(
    20,
    hour,
    'an account, over all sign-ins, methods and networks, and codes under `/settings`',
  ),
  // Stops slow guessing, too.
  wrongCodesPerDay: attempts(50, day, 'an account, as in the row above'),
  // Apart from sign-in: a reader of the mailbox, who has the undo links, can use these up.
  wrongUndoCodesPerDay: attempts(20, day, 'an account, second factors of undos'),
  undoCodesPerAccount: messages(5, day, 'an account, codes that confirm an undo'),
  toleratedWrongCodes: attempts(
    4,
    day,
    'an account, wrong codes at sign-in; the next one notifies the owner',
  ),
  codesPerAccount: messages(20, hour, 'an account'),
  // The address may be somebody else’s: a separate count, so that its owner is not locked out.
  codesPerUnverifiedAddress: messages(
    10,
    day,
    'a mailbox or a number that the account has not verified',
  ),
  smsPerAccount: messages(20, day, 'an account'),
  smsPerNumber: messages(20, day, 'a phone number, for accounts that have verified it'),
  // SMS pumping: fraudsters who earn money per text message own whole blocks of numbers. Verified
  // numbers do not count: a stranger could lock out the owners of neighbouring numbers.
  smsPerNumberRange: {
    ...messages(
      100,
      day,
      'numbers that differ in their last four digits only, for accounts that have not verified theirs',
    ),
    alarm: 'SMS not sent: too many unverified numbers of one range, a sign of SMS pumping',
  },
  // Texts cost money. The setting replaces `max`.
  smsPerDay: {
    max: 1000,
    maxSetting: '`LATCHKEY_SMS_DAILY_CAP`',
    windowMs: day,
    problem: 'sms_unavailable',
    countedBy: 'the whole service',
    alarm: 'SMS not sent: LATCHKEY_SMS_DAILY_CAP is reached',
  },
  // Strangers enter unverified numbers, so these leave half of the texts to owners who sign in.
  smsPerDayToUnverified: {
    max: maxSmsToUnverified(1000),
    maxSetting: 'half of `LATCHKEY_SMS_DAILY_CAP`, rounded up',
    windowMs: day,
    problem: 'sms_unavailable',
    countedBy: 'the whole service, for accounts that have not verified the number',
    alarm: 'SMS not sent: unverified numbers have used up their half of LATCHKEY_SMS_DAILY_CAP',
  },

  // Notices: enough to be noticed, too few to be a nuisance.
  guessingNotices: messages(1, day, 'an account, notices that somebody guesses codes'),
  cloneNotices: messages(3, day, 'an account, notices that a passkey may be a copy'),

  // Sign-up. A busy school needs ten a minute; more comes from a bot.
  signUpsPerNetwork: attempts(600, hour, 'one network, accepted invitations included'),
  // Half of a mailbox’s sign-ups, so that no single network keeps others from starting one.
  signUpEmailsPerMailboxAndNetwork: messages(5, day, 'a mailbox from one network'),
  // Each one adds a code to guess and five guesses: the odds grow with the square of this number.
  signUpEmailsPerMailbox: messages(10, day, 'a mailbox'),

  // Each one is stored for an hour, before anybody has signed in. An office may start its day at once.
  authorizationsPerNetwork: attempts(
    3000,
    hour,
    'one network, sign-ins that applications begin, pushed requests included',
  ),

  // Operators send them; a script of theirs must not flood a mailbox.
  invitationsPerMailbox: {
    ...messages(10, day, 'a mailbox, invitations through `/admin`'),
    detailStart: 'Too many invitations of this address. Please try again in',
  },

  // Password reset. Counted before any work is done. A known device counts as a network of its own.
  resetsPerNetwork: attempts(
    600,
    hour,
    'one network, or a known device; calls of `ForgotPassword` and `ResetPassword`, successful ones too',
  ),
  resetEmailsPerMailboxAndNetwork: messages(5, hour, 'a mailbox from one network or known device'),
  resetEmailsFromUnknownNetworks: messages(
    20,
    day,
    'a mailbox from all networks that its owner never signed in from',
  ),
  resetEmailsFromKnownNetworks: messages(
    20,
    day,
    'a mailbox from all networks that its owner signed in from',
  ),
  // Wrong codes do not void a right one: a stranger could lock the owner out that way.
  wrongResetCodesPerAddressAndNetwork: attempts(
    10,
    hour,
    'an address from one network or known device',
  ),
  wrongResetCodesFromUnknownNetworks: attempts(
    50,
    day,
    'an address from all networks that its owner never signed in from',
  ),
  wrongResetCodesFromKnownNetworks: attempts(
    50,
    day,
    'an address from all networks that its owner signed in from',
  ),
} satisfies Record<string, Definition>

export type RateLimitName = keyof typeof definitions

export const rateLimits = Object.fromEntries(
  Object.entries(definitions).map(([name, definition]) => [name, { name, ...definition }]),
) as Record<RateLimitName, RateLimit>

/** Rounded up, so that with a cap of one a number can still be verified. */
export function maxSmsToUnverified(smsDailyCap: number): number {
  return Math.ceil(smsDailyCap / 2)
}

function attempts(max: number, windowMs: number, countedBy: string): Definition {
  return { max, windowMs, problem: 'too_many_attempts', countedBy }
}

function messages(max: number, windowMs: number, countedBy: string): Definition {
  return { max, windowMs, problem: 'too_many_messages', countedBy }
}

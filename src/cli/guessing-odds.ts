import { signUpCodeLifetimeMs } from '../accounts/sign-up.ts'
import type { MfaMethod, Settings } from '../config/settings.ts'
import { day } from '../lib/clock.ts'
import { codeSpaceSize } from '../lib/random.ts'
import { recoveryCodeSpaceSize } from '../mfa/recovery-codes/recovery-code-format.ts'
import { recoveryCodeCount } from '../mfa/recovery-codes/recovery-codes.ts'
import { acceptedSteps } from '../mfa/totp/totp.ts'
import { rateLimits as limits } from '../rate-limits/limits.ts'
import type { RateLimit } from '../rate-limits/rate-limiter.ts'
import { maxValidResetCodes } from '../verification/reset-token.ts'
import { codeAttemptBuckets } from '../verification/send-code.ts'

/** What somebody who never pauses can try in a day, and how likely one of it is right. */
export interface Odds {
  /** Guesses that the rate limits admit; Infinity if they are off. */
  guesses: number
  /** Answers that are valid at any one time. */
  valid: number
  /** Possible answers. */
  outOf: number
  /** The probability that one of the guesses is right, from 0 to 1. */
  chance: number
}

/** What guessing is worth against one account in one day. */
export interface DailyOdds {
  /**
   * By somebody who has the password, for the methods that are offered. A passkey has no code to
   * guess. A method that was taken off the list still serves whoever has it, at the odds it had.
   */
  secondFactor: Partial<Record<MfaMethod | 'recoveryCode', Odds>>
  /** Passwords that are judged. What they are worth depends on the password. */
  passwords: { fromElsewhere: number; fromOneNetwork: number }
  /** Of an address without an account. */
  signUpCode: Odds
  /** From networks where its owner never signed in. */
  resetCode: Odds
}

/** How many codes of a method are right at any time. */
const validCodes: Record<MfaMethod, number> = {
  passkey: 0,
  authenticator: acceptedSteps,
  sms: 1,
  email: 1,
}

/** The odds that these settings leave, from the limits as they are enforced. */
export function computeDailyOdds({
  rateLimits,
  mfaMethods,
}: Pick<Settings, 'rateLimits' | 'mfaMethods'>): DailyOdds {
  const maxGuesses = (withinMs: number, ...all: RateLimit[]) =>
    rateLimits === 'on'
      ? Math.min(...all.map((limit) => limit.max * Math.ceil(withinMs / limit.windowMs)))
      : Number.POSITIVE_INFINITY
  const secondFactor = maxGuesses(day, ...codeAttemptBuckets('anybody').map(({ limit }) => limit))
  const guessable = mfaMethods.filter((method) => validCodes[method] > 0)

  return {
    secondFactor: {
      ...Object.fromEntries(
        guessable.map((method) => [
          method,
          computeOdds(secondFactor, validCodes[method], codeSpaceSize),
        ]),
      ),
      recoveryCode: computeOdds(secondFactor, recoveryCodeCount, recoveryCodeSpaceSize),
    },
    passwords: {
      fromElsewhere: maxGuesses(day, limits.wrongPasswordsFromUnknownNetworks),
      fromOneNetwork: maxGuesses(day, limits.wrongPasswordsPerAddressAndNetwork),
    },
    // At best all that are mailed in a day wait at once, and all that is tried is tried then.
    signUpCode: computeOdds(
      maxGuesses(signUpCodeLifetimeMs, limits.wrongSignUpCodesPerAddress),
      maxGuesses(day, limits.signUpEmailsPerAddress),
      codeSpaceSize,
    ),
    resetCode: computeOdds(
      maxGuesses(day, limits.wrongResetCodesFromUnknownNetworks),
      maxValidResetCodes,
      codeSpaceSize,
    ),
  }
}

function computeOdds(guesses: number, valid: number, outOf: number): Odds {
  // 1 − (1 − valid/outOf)^guesses, in a form that doesn't lose what is very unlikely.
  const chance = -Math.expm1(guesses * Math.log1p(-Math.min(valid, outOf) / outOf))
  return { guesses, valid, outOf, chance }
}

/** The same for an operator, a line each. */
export function describeOdds(settings: Pick<Settings, 'rateLimits' | 'mfaMethods'>): string {
  if (settings.rateLimits === 'off') {
    return [
      'What guessing is worth: LATCHKEY_RATE_LIMITS is off, so nobody counts guesses.',
      '  Every code of six digits is found within hours, and passwords can be tried without end.',
      '  Only for load tests, on a machine that nobody else can reach.',
    ].join('\n')
  }
  const { secondFactor, passwords, signUpCode, resetCode } = computeDailyOdds(settings)
  const factors = Object.entries(secondFactor)
  return [
    'What guessing is worth, in one day against one account, to somebody who never pauses:',
    `  The second step, with the password known: ${formatCount(factors[0]?.[1].guesses)} guesses`,
    ...factors.map(([method, { chance }]) => `    ${method.padEnd(14)} ${formatChance(chance)}`),
    `  The password: ${formatCount(passwords.fromElsewhere)} guesses from networks where its owner never signed in,`,
    `    ${formatCount(passwords.fromOneNetwork)} from each one where they did. It depends on the password what that is worth.`,
    `  The code of a forgotten password, from such networks: ${formatCount(resetCode.guesses)} guesses`,
    `    ${formatChance(resetCode.chance)}`,
    `  The code of a sign-up, for an address without an account: ${formatCount(signUpCode.guesses)} guesses`,
    `    ${formatChance(signUpCode.chance)}`,
  ].join('\n')
}

const formatCount = (guesses = 0) => guesses.toLocaleString('en')

/** Two digits are enough, and past a billion none. */
function formatChance(chance: number): string {
  const oneIn = Number((1 / chance).toPrecision(2))
  return oneIn > 1e9 ? 'less than 1 in a billion' : `1 in ${formatCount(oneIn)}`
}

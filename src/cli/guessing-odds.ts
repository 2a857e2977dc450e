import { maxWrongCodesPerSignUp } from '../accounts/sign-up.ts'
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

/** The guesses that an attacker gets in a day, and the chance that one of them is right. */
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

/** The odds of guessing against one account in one day. */
export interface DailyOdds {
  /**
   * For an attacker with the password, by offered method. A passkey has no code to guess. A method that
   * is no longer offered still works for accounts that have it, at the odds it had.
   */
  secondFactor: Partial<Record<MfaMethod | 'recoveryCode', Odds>>
  /** Passwords that are verified, except on known devices. The odds depend on the password. */
  passwords: { fromElsewhere: number; fromKnownNetworks: number; fromOneNetwork: number }
  /** For an address without an account. */
  signUpCode: Odds
  /** From networks on which the owner never signed in. */
  resetCode: Odds
}

/** How many codes of a method are valid at any time. */
const validCodes: Record<MfaMethod, number> = {
  passkey: 0,
  authenticator: acceptedSteps,
  sms: 1,
  email: 1,
}

/** Computes the odds under these settings, from the rate limits as they are enforced. */
export function computeDailyOdds({
  rateLimits,
  mfaMethods,
}: Pick<Settings, 'rateLimits' | 'mfaMethods'>): DailyOdds {
  const maxGuesses = (withinMs: number, ...all: RateLimit[]) =>
    rateLimits === 'on'
      ? Math.min(...all.map((limit) => limit.max * Math.ceil(withinMs / limit.windowMs)))
      : Number.POSITIVE_INFINITY
  const signUps = maxGuesses(day, limits.signUpEmailsPerMailbox)
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
      fromKnownNetworks: maxGuesses(day, limits.wrongPasswordsFromKnownNetworks),
      fromOneNetwork: maxGuesses(day, limits.wrongPasswordsPerAddressAndNetwork),
    },
    // The attacker's best case: all sign-ups of a day are open at once, and all guesses come then.
    signUpCode: computeOdds(signUps * maxWrongCodesPerSignUp, signUps, codeSpaceSize),
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

/** Describes the odds to an operator, in lines. */
export function describeOdds(settings: Pick<Settings, 'rateLimits' | 'mfaMethods'>): string {
  if (settings.rateLimits === 'off') {
    return [
      'Odds of guessing: LATCHKEY_RATE_LIMITS is off, so guesses are unlimited.',
      '  Any six-digit code can be found within hours, and passwords can be tried without limit.',
      '  Use this for load tests only, on a machine that nobody else can reach.',
    ].join('\n')
  }
  const { secondFactor, passwords, signUpCode, resetCode } = computeDailyOdds(settings)
  const factors = Object.entries(secondFactor)
  return [
    'Odds of guessing against one account in one day, with every guess that rate limits allow:',
    `  Second factor, by an attacker who has the password: ${formatCount(factors[0]?.[1].guesses)} guesses`,
    ...factors.map(([method, { chance }]) => `    ${method.padEnd(14)} ${formatChance(chance)}`),
    `  Password: ${formatCount(passwords.fromElsewhere)} guesses from networks on which the owner never signed in,`,
    `    ${formatCount(passwords.fromKnownNetworks)} from the others, ${formatCount(passwords.fromOneNetwork)} from one of them. The odds depend on the password.`,
    `  Code of a password reset, from networks on which the owner never signed in: ${formatCount(resetCode.guesses)} guesses`,
    `    ${formatChance(resetCode.chance)}`,
    `  Code of a sign-up, for an address without an account: ${formatCount(signUpCode.guesses)} guesses`,
    `    ${formatChance(signUpCode.chance)}`,
  ].join('\n')
}

const formatCount = (guesses = 0) => guesses.toLocaleString('en')

/** `1 in N`, with two significant digits. */
function formatChance(chance: number): string {
  const oneIn = Number((1 / chance).toPrecision(2))
  return oneIn > 1e9 ? 'less than 1 in a billion' : `1 in ${formatCount(oneIn)}`
}

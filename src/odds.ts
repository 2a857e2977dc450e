import { wrongCodesFromElsewhere as wrongResetCodes } from './accounts/password/password.ts'
import { codesGood } from './accounts/password/reset.ts'
import {
  codeLivesMs as signUpCodeLivesMs,
  mailsToAddress as signUpMails,
  wrongCodesForAddress as wrongSignUpCodes,
} from './accounts/sign-up.ts'
import { guessAt } from './codes/send-code.ts'
import { day } from './lib/clock.ts'
import { codesPossible, recoveryCodesPossible } from './lib/random.ts'
import type { Limit } from './limits/limits.ts'
import { stepsTaken } from './mfa/methods/authenticator.ts'
import { recoveryCodesEach } from './mfa/methods/recovery-code.ts'
import type { MfaMethod, Settings } from './settings.ts'
import { wrongFromElsewhere, wrongFromHere } from './signin/sign-in.ts'

/** What somebody who never pauses can try in a day, and how likely one of it is right. */
export interface Odds {
  /** Guesses that are judged; Infinity where nobody counts them. */
  guesses: number
  /** At any time so many answers are right, … */
  right: number
  /** … of so many. */
  among: number
  /** That one of the guesses is right, from 0 to 1. */
  chance: number
}

/** What guessing is worth against one account in one day. */
export interface OddsPerDay {
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
const rightCodes: Record<MfaMethod, number> = {
  passkey: 0,
  authenticator: stepsTaken,
  sms: 1,
  email: 1,
}

/** The odds that these settings leave, from the limits as they are enforced. */
export function oddsPerDay({
  rateLimits: limits,
  mfaMethods,
}: Pick<Settings, 'rateLimits' | 'mfaMethods'>): OddsPerDay {
  const most = (withinMs: number, ...all: Limit[]) =>
    limits === 'on'
      ? Math.min(...all.map((limit) => limit.most * Math.ceil(withinMs / limit.within)))
      : Number.POSITIVE_INFINITY
  const secondFactor = most(day, ...guessAt('anybody').map(({ limit }) => limit))
  const guessable = mfaMethods.filter((method) => rightCodes[method] > 0)

  return {
    secondFactor: {
      ...Object.fromEntries(
        guessable.map((method) => [method, odds(secondFactor, rightCodes[method], codesPossible)]),
      ),
      recoveryCode: odds(secondFactor, recoveryCodesEach, recoveryCodesPossible),
    },
    passwords: {
      fromElsewhere: most(day, wrongFromElsewhere),
      fromOneNetwork: most(day, wrongFromHere),
    },
    // At best all that are mailed in a day wait at once, and all that is tried is tried then.
    signUpCode: odds(
      most(signUpCodeLivesMs, wrongSignUpCodes),
      most(day, signUpMails),
      codesPossible,
    ),
    resetCode: odds(most(day, wrongResetCodes), codesGood, codesPossible),
  }
}

function odds(guesses: number, right: number, among: number): Odds {
  // 1 − (1 − right/among)^guesses, in a form that doesn't lose what is very unlikely.
  const chance = -Math.expm1(guesses * Math.log1p(-Math.min(right, among) / among))
  return { guesses, right, among, chance }
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
  const { secondFactor, passwords, signUpCode, resetCode } = oddsPerDay(settings)
  const factors = Object.entries(secondFactor)
  return [
    'What guessing is worth, in one day against one account, to somebody who never pauses:',
    `  The second step, with the password known: ${count(factors[0]?.[1].guesses)} guesses`,
    ...factors.map(([method, { chance }]) => `    ${method.padEnd(14)} ${inWords(chance)}`),
    `  The password: ${count(passwords.fromElsewhere)} guesses from networks where its owner never signed in,`,
    `    ${count(passwords.fromOneNetwork)} from each one where they did. It depends on the password what that is worth.`,
    `  The code of a forgotten password, from such networks: ${count(resetCode.guesses)} guesses`,
    `    ${inWords(resetCode.chance)}`,
    `  The code of a sign-up, for an address without an account: ${count(signUpCode.guesses)} guesses`,
    `    ${inWords(signUpCode.chance)}`,
  ].join('\n')
}

const count = (guesses = 0) => guesses.toLocaleString('en')

/** Two digits are enough, and past a billion none. */
function inWords(chance: number): string {
  const oneIn = Number((1 / chance).toPrecision(2))
  return oneIn > 1e9 ? 'less than 1 in a billion' : `1 in ${count(oneIn)}`
}

import { Type } from 'typebox'
import { AttributeDefinition, Profile } from '../accounts/profile-schemas.ts'
import type { Settings } from '../config/settings.ts'
import type { App } from '../http/app.ts'
import { bearer, LanguageName, Nullable, problemResponses, tokenProblems } from '../http/schemas.ts'
import { Passkey } from '../mfa/passkey/schemas.ts'
import { MfaMethod, MfaSignIn, TotpSecretState } from '../mfa/schemas.ts'
import { readTotpSecretState } from '../mfa/totp/totp-secret.ts'
import { type Guard, principalOf } from '../sessions/guard.ts'
import type { Db } from '../store/open.ts'
import { readAccountCredentials } from './account-credentials.ts'
import { readAccountSummary } from './account-summary.ts'
import { analyzeWaysIn, credentialKinds } from './ways-in.ts'

const Time = Type.String({ format: 'date-time' })

const Overview = Type.Object(
  {
    email: Type.String(),
    language: LanguageName,
    profile: Profile,
    phoneNumber: Nullable(Type.String(), 'Masked.'),
    createdAt: Time,
    hasPassword: Type.Boolean({
      description: 'Without a password, a passkey confirms what the password would.',
    }),
    passwordChangedAt: Time,
    mfaSignIn: MfaSignIn,
    mfaSecret: TotpSecretState,
    recoveryCodes: Type.Object({
      remaining: Type.Integer(),
      createdAt: Nullable(Time, 'When they were generated; null if there are none.'),
    }),
    passkeys: Type.Array(Passkey, { description: 'Newest first.' }),
    sessions: Type.Integer({ description: 'The number of live sessions.' }),
    trustedDevices: Type.Integer({ description: 'The number of trusted devices.' }),
    policy: Type.Object({
      mfa: Type.Enum(['optional', 'required']),
      mfaMethods: Type.Array(MfaMethod, {
        description: 'Methods that can be chosen, strongest first.',
      }),
      stepUpMaxAge: Type.Integer({
        description: 'Seconds after a sign-in in which it may change these settings.',
      }),
      profileAttributes: Type.Array(AttributeDefinition, {
        description: 'The attributes that the operator has declared for profiles.',
      }),
    }),
  },
  { title: 'Settings', description: 'All settings of the account.' },
)

const CredentialKind = Type.Enum([...credentialKinds], { title: 'CredentialKind' })

const credential = {
  what: CredentialKind,
  passkey: Type.Optional(
    Type.Object(
      { id: Type.String(), name: Type.String() },
      { description: 'The passkey, where `what` is `passkey`.' },
    ),
  ),
}

const WaysIn = Type.Object(
  {
    signInNeeds: Type.Array(CredentialKind, {
      description: 'Credentials that an ordinary sign-in takes, in order.',
    }),
    ifLost: Type.Array(
      Type.Object({
        ...credential,
        stillIn: Type.Boolean(),
        by: Type.Array(CredentialKind),
        canChange: Type.Boolean({
          description:
            'Whether that sign-in may change how the account signs in. A code by email is not enough where the default method is stronger.',
        }),
      }),
      {
        description:
          'For each credential: whether you could still sign in without it, and by which others.',
      },
    ),
    ifStolen: Type.Array(
      Type.Object({ ...credential, letsIn: Type.Boolean(), why: Type.String() }),
      {
        description: 'For each credential: whether it alone lets a thief in.',
      },
    ),
    advice: Type.Array(
      Type.Object({
        do: Type.Enum(['turnOnMfa', 'setUpAuthenticator', 'makeRecoveryCodes']),
        why: Type.String(),
      }),
      { description: 'The step that would help most; empty if none would.' },
    ),
  },
  { title: 'WaysIn', description: 'The effect of losing each credential, or of having it stolen.' },
)

/** All settings of the account, and the effect of losing a credential or having it stolen. */
export function overviewRoutes(
  app: App,
  deps: {
    db: Db
    guard: Guard
    settings: Pick<Settings, 'mfaPolicy' | 'mfaMethods' | 'stepUpMaxAge' | 'profileAttributes'>
  },
): void {
  const { db, guard, settings } = deps
  const { mfaPolicy, mfaMethods, stepUpMaxAge, profileAttributes } = settings

  app.get(
    '/settings',
    {
      onRequest: guard.requireSignIn,
      schema: {
        operationId: 'getSettings',
        tags: ['Accounts'],
        summary: 'Read all settings of the account at once',
        security: bearer,
        response: { 200: Overview, ...problemResponses(...tokenProblems) },
      },
    },
    async (request) => {
      const { account } = principalOf(request)
      const summary = await readAccountSummary(db, account, settings)
      if (!summary) throw new Error('There is no such account.')
      return {
        email: summary.email,
        language: summary.language,
        profile: summary.profile,
        phoneNumber: summary.phoneNumber,
        createdAt: summary.createdAt,
        hasPassword: summary.hasPassword,
        passwordChangedAt: summary.passwordChangedAt,
        mfaSignIn: summary.mfaSignIn,
        mfaSecret: await readTotpSecretState(db, account),
        recoveryCodes: summary.recoveryCodes,
        passkeys: summary.passkeys,
        sessions: summary.sessions,
        trustedDevices: summary.trustedDevices,
        policy: {
          mfa: mfaPolicy,
          mfaMethods: [...mfaMethods],
          stepUpMaxAge,
          profileAttributes: [...profileAttributes],
        },
      }
    },
  )

  app.get(
    '/settings/WaysIn',
    {
      onRequest: guard.requireSignIn,
      schema: {
        operationId: 'getWaysIn',
        tags: ['Accounts'],
        summary: 'Read the effect of losing a credential, or of having it stolen',
        description:
          'For each credential: whether you could still sign in without it, and whether it alone lets a thief in. Includes the step that would help most.',
        security: bearer,
        response: { 200: WaysIn, ...problemResponses(...tokenProblems) },
      },
    },
    async (request) => {
      const { account } = principalOf(request)
      return analyzeWaysIn(await readAccountCredentials(db, account, mfaMethods))
    },
  )
}

import { Type } from 'typebox'
import type { Settings } from '../config/settings.ts'
import type { App } from '../http/app.ts'
import { bearer, LanguageName, Nullable, problemResponses, tokenProblems } from '../http/schemas.ts'
import { toIsoString } from '../lib/clock.ts'
import { isSameMailbox } from '../lib/email-address.ts'
import { isLanguage, languages } from '../lib/language.ts'
import { mask } from '../lib/mask.ts'
import { readEnrollment } from '../mfa/methods/methods.ts'
import { type MfaSignIn as MfaState, readMfaSignIn } from '../mfa/mfa-sign-in.ts'
import { listPasskeys } from '../mfa/passkey/passkey.ts'
import { Passkey } from '../mfa/passkey/schemas.ts'
import { readRecoveryCodeStatus } from '../mfa/recovery-codes/recovery-codes.ts'
import { MfaMethod, MfaSignIn, TotpSecretState } from '../mfa/schemas.ts'
import { readTotpSecretState } from '../mfa/totp/totp-secret.ts'
import { type Guard, principalOf } from '../sessions/guard.ts'
import { countSessions } from '../sessions/session.ts'
import { listTrustedDevices } from '../sessions/trusted-device.ts'
import type { Db } from '../store/open.ts'
import { type AccountCredentials, analyzeWaysIn, credentialKinds } from './ways-in.ts'

const Time = Type.String({ format: 'date-time' })

const Overview = Type.Object(
  {
    email: Type.String(),
    language: LanguageName,
    phoneNumber: Nullable(Type.String(), 'Masked.'),
    createdAt: Time,
    passwordChangedAt: Time,
    mfaSignIn: MfaSignIn,
    mfaSecret: TotpSecretState,
    recoveryCodes: Type.Object({
      remaining: Type.Integer(),
      createdAt: Nullable(Time, 'Since when.'),
    }),
    passkeys: Type.Array(Passkey, { description: 'Newest first.' }),
    sessions: Type.Integer({ description: 'How many are alive.' }),
    trustedDevices: Type.Integer({ description: 'How many there are.' }),
    policy: Type.Object({
      mfa: Type.Enum(['optional', 'required']),
      mfaMethods: Type.Array(MfaMethod, { description: 'What may be chosen, strongest first.' }),
      stepUpMaxAge: Type.Integer({ description: 'Seconds that a sign-in may change all this.' }),
    }),
  },
  { title: 'Settings', description: 'All of it.' },
)

const CredentialKind = Type.Enum([...credentialKinds], { title: 'Thing' })

const credential = {
  what: CredentialKind,
  passkey: Type.Optional(
    Type.Object(
      { id: Type.String(), name: Type.String() },
      { description: 'Which of the passkeys.' },
    ),
  ),
}

const WaysIn = Type.Object(
  {
    signInNeeds: Type.Array(CredentialKind, {
      description: 'What an ordinary sign-in takes, in order.',
    }),
    ifLost: Type.Array(
      Type.Object({ ...credential, stillIn: Type.Boolean(), by: Type.Array(CredentialKind) }),
      {
        description: 'For each thing: whether you would still get in without it, and by what.',
      },
    ),
    ifStolen: Type.Array(
      Type.Object({ ...credential, letsIn: Type.Boolean(), why: Type.String() }),
      {
        description: 'For each thing: whether it alone lets a thief in.',
      },
    ),
    advice: Type.Array(
      Type.Object({
        do: Type.Enum(['turnOnMfa', 'setUpAuthenticator', 'makeRecoveryCodes']),
        why: Type.String(),
      }),
      { description: 'The one step that would help most; none if nothing would.' },
    ),
  },
  { title: 'WaysIn', description: 'What each thing is worth.' },
)

/** The whole account at a glance, and what losing or having one part of it would mean. */
export function overviewRoutes(
  app: App,
  deps: {
    db: Db
    guard: Guard
    settings: Pick<Settings, 'mfaPolicy' | 'mfaMethods' | 'stepUpMaxAge'>
  },
): void {
  const { db, guard, settings } = deps
  const { mfaPolicy, mfaMethods, stepUpMaxAge } = settings

  app.get(
    '/settings',
    {
      onRequest: guard.requireSignIn,
      schema: {
        operationId: 'readSettings',
        tags: ['Accounts'],
        summary: 'Read all settings of the account at once',
        security: bearer,
        response: { 200: Overview, ...problemResponses(...tokenProblems) },
      },
    },
    async (request) => {
      const { account } = principalOf(request)
      const row = await readAccount(account)
      return {
        email: row.email,
        language: isLanguage(row.language) ? row.language : languages[0],
        phoneNumber: row.phone_number === null ? null : mask(row.phone_number),
        createdAt: toIsoString(row.created_at),
        passwordChangedAt: toIsoString(row.password_changed_at),
        mfaSignIn: await readMfaSignIn(db, account, mfaMethods),
        mfaSecret: await readTotpSecretState(db, account),
        recoveryCodes: await readRecoveryCodeStatus(db, account),
        passkeys: await listPasskeys(db, account),
        sessions: await countSessions(db, account),
        trustedDevices: (await listTrustedDevices(db, account)).length,
        policy: { mfa: mfaPolicy, mfaMethods: [...mfaMethods], stepUpMaxAge },
      }
    },
  )

  app.get(
    '/settings/WaysIn',
    {
      onRequest: guard.requireSignIn,
      schema: {
        operationId: 'readWaysIn',
        tags: ['Accounts'],
        summary: 'Read what losing or having one thing would mean',
        description:
          'For each thing that you could lose, whether you would still get in; for each that a thief could have, whether it alone lets them in; and the one step that would help most.',
        security: bearer,
        response: { 200: WaysIn, ...problemResponses(...tokenProblems) },
      },
    },
    async (request) => {
      const { account } = principalOf(request)
      const row = await readAccount(account)
      const enrollment = await readEnrollment(db, row)
      const passkeys = await db
        .selectFrom('passkey')
        .select(['id', 'name', 'passwordless'])
        .where('account_id', '=', account)
        .where('removed_at', 'is', null)
        .orderBy('id', 'desc')
        .execute()
      const mfa = await readMfaSignIn(db, account, mfaMethods)
      return analyzeWaysIn({
        ...accountCredentialsOf(mfa, enrollment, row.email),
        passkeys: passkeys.map((one) => ({ ...one, passwordless: one.passwordless === 1 })),
      })
    },
  )

  function readAccount(account: string) {
    return db
      .selectFrom('account')
      .select(['id', 'email', 'language', 'phone_number', 'mfa_email'])
      .select(['created_at', 'password_changed_at'])
      .where('id', '=', account)
      .executeTakeFirstOrThrow()
  }
}

function accountCredentialsOf(
  { enabled, mfaMethod }: MfaState,
  enrollment: Awaited<ReturnType<typeof readEnrollment>>,
  email: string,
): Omit<AccountCredentials, 'passkeys'> {
  return {
    mfaOn: enabled,
    mfaMethod,
    authenticator: enrollment.authenticator,
    phone: enrollment.phoneNumber !== null,
    emailCodes: enrollment.email !== null,
    sameMailbox: isSameMailbox(enrollment.email, email),
    recoveryCodes: enrollment.recoveryCodes,
  }
}

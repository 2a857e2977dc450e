import { Type } from 'typebox'
import type { App } from '../http/app.ts'
import { bearer, LanguageName, Nullable, problems, withToken } from '../http/schemas.ts'
import { instant } from '../lib/clock.ts'
import { isSameMailbox } from '../lib/email-address.ts'
import { isLanguage, languages } from '../lib/language.ts'
import { mask } from '../lib/mask.ts'
import { readSetUp } from '../mfa/methods/methods.ts'
import { readRecoveryCodes } from '../mfa/methods/recovery-code.ts'
import { readSecret } from '../mfa/mfa-secret.ts'
import { type MfaSignIn as MfaState, read } from '../mfa/mfa-sign-in.ts'
import { MfaMethod, MfaSignIn, SecretState } from '../mfa/schemas.ts'
import { listPasskeys } from '../passkeys/passkey.ts'
import { Passkey } from '../passkeys/schemas.ts'
import { type Guard, signedIn } from '../sessions/guard.ts'
import { countSessions } from '../sessions/session.ts'
import { listTrusted } from '../sessions/trusted-device.ts'
import type { Settings } from '../settings.ts'
import type { Db } from '../store/open.ts'
import { type Enrolled, things, waysIn } from './ways-in.ts'

const Time = Type.String({ format: 'date-time' })

const Overview = Type.Object(
  {
    email: Type.String(),
    language: LanguageName,
    phoneNumber: Nullable(Type.String(), 'Masked.'),
    createdAt: Time,
    passwordChangedAt: Time,
    mfaSignIn: MfaSignIn,
    mfaSecret: SecretState,
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

const Thing = Type.Enum([...things], { title: 'Thing' })

const item = {
  what: Thing,
  passkey: Type.Optional(
    Type.Object(
      { id: Type.String(), name: Type.String() },
      { description: 'Which of the passkeys.' },
    ),
  ),
}

const WaysIn = Type.Object(
  {
    signInNeeds: Type.Array(Thing, { description: 'What an ordinary sign-in takes, in order.' }),
    ifLost: Type.Array(Type.Object({ ...item, stillIn: Type.Boolean(), by: Type.Array(Thing) }), {
      description: 'For each thing: whether you would still get in without it, and by what.',
    }),
    ifStolen: Type.Array(Type.Object({ ...item, letsIn: Type.Boolean(), why: Type.String() }), {
      description: 'For each thing: whether it alone lets a thief in.',
    }),
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
  house: {
    db: Db
    guard: Guard
    settings: Pick<Settings, 'mfaPolicy' | 'mfaMethods' | 'stepUpMaxAge'>
  },
): void {
  const { db, guard, settings } = house
  const { mfaPolicy, mfaMethods, stepUpMaxAge } = settings

  app.get(
    '/settings',
    {
      onRequest: guard.signedIn,
      schema: {
        operationId: 'readSettings',
        tags: ['Accounts'],
        summary: 'Read all settings of the account at once',
        security: bearer,
        response: { 200: Overview, ...problems(...withToken) },
      },
    },
    async (request) => {
      const { account } = signedIn(request)
      const row = await readAccount(account)
      return {
        email: row.email,
        language: isLanguage(row.language) ? row.language : languages[0],
        phoneNumber: row.phone_number === null ? null : mask(row.phone_number),
        createdAt: instant(row.created_at),
        passwordChangedAt: instant(row.password_changed_at),
        mfaSignIn: await read(db, account, mfaMethods),
        mfaSecret: await readSecret(db, account),
        recoveryCodes: await readRecoveryCodes(db, account),
        passkeys: await listPasskeys(db, account),
        sessions: await countSessions(db, account),
        trustedDevices: (await listTrusted(db, account)).length,
        policy: { mfa: mfaPolicy, mfaMethods: [...mfaMethods], stepUpMaxAge },
      }
    },
  )

  app.get(
    '/settings/WaysIn',
    {
      onRequest: guard.signedIn,
      schema: {
        operationId: 'readWaysIn',
        tags: ['Accounts'],
        summary: 'Read what losing or having one thing would mean',
        description:
          'For each thing that you could lose, whether you would still get in; for each that a thief could have, whether it alone lets them in; and the one step that would help most.',
        security: bearer,
        response: { 200: WaysIn, ...problems(...withToken) },
      },
    },
    async (request) => {
      const { account } = signedIn(request)
      const row = await readAccount(account)
      const setUp = await readSetUp(db, row)
      const passkeys = await db
        .selectFrom('passkey')
        .select(['id', 'name', 'passwordless'])
        .where('account_id', '=', account)
        .where('removed_at', 'is', null)
        .orderBy('id', 'desc')
        .execute()
      const mfa = await read(db, account, mfaMethods)
      return waysIn({
        ...enrolled(mfa, setUp, row.email),
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

function enrolled(
  { enabled, mfaMethod }: MfaState,
  setUp: Awaited<ReturnType<typeof readSetUp>>,
  email: string,
): Omit<Enrolled, 'passkeys'> {
  return {
    mfaOn: enabled,
    mfaMethod,
    authenticator: setUp.authenticator,
    phone: setUp.phoneNumber !== null,
    emailCodes: setUp.email !== null,
    sameMailbox: isSameMailbox(setUp.email, email),
    recoveryCodes: setUp.recoveryCodes,
  }
}

import { Type } from 'typebox'
import { mfaMethods } from '../config/settings.ts'
import { Nullable, Seconds } from '../http/schemas.ts'
import { RequestOptions } from './passkey/schemas.ts'

export const MfaMethod = Type.Enum([...mfaMethods], {
  title: 'MfaMethod',
  description: 'How the second factor is shown.',
})

/** What a sign-in may be finished by: the methods, and what stands in for them. */
export const AnswerMethod = Type.Enum([...mfaMethods, 'recoveryCode'], {
  title: 'AnswerMethod',
  description: 'How the second factor is shown; `recoveryCode` stands in for any of them.',
})

const mfaSignIn = {
  enabled: Type.Boolean({ description: 'Whether signing in asks for a second factor.' }),
  mfaMethod: Nullable(MfaMethod, 'The method asked for first; null while off.'),
  availableMethods: Type.Array(MfaMethod, { description: 'Those set up, strongest first.' }),
  changedAt: Nullable(Type.String({ format: 'date-time' }), 'When it was last turned on or off.'),
}

export const MfaSignIn = Type.Object(mfaSignIn, {
  $id: 'MfaSignIn',
  description: 'Multi-factor authentication for signing in.',
  examples: [
    {
      enabled: false,
      mfaMethod: null,
      availableMethods: ['authenticator'],
      changedAt: '2026-11-24T09:00:00.000Z',
    },
  ],
})

export const MfaSignInOn = Type.Object(
  {
    ...mfaSignIn,
    recoveryCodes: Type.Optional(
      Type.Array(Type.String(), {
        description: 'The first time: ten codes for when the method is lost. Never shown again.',
        examples: [['YZ1D-C820-9XA9']],
      }),
    ),
  },
  { title: 'MfaSignInOn', description: 'On.' },
)

export const MfaRequired = Type.Object(
  {
    status: Type.Literal('mfaRequired'),
    mfaToken: Type.String({ description: 'Finishes this sign-in, and opens nothing else.' }),
    mfaMethod: AnswerMethod,
    availableMethods: Type.Array(AnswerMethod, { description: 'Any of them will do.' }),
    sentTo: Type.Optional(Type.String({ description: 'Where a code was sent, masked.' })),
    expiresIn: Seconds('Seconds that this sign-in stays open.'),
  },
  { title: 'MfaRequired', description: 'The password was right; now the second factor.' },
)

export const AssertionRequired = Type.Object(
  {
    status: Type.Literal('assertionRequired'),
    options: RequestOptions,
    expiresIn: Seconds('Seconds that the options work.'),
  },
  { title: 'AssertionRequired', description: 'A passkey has to sign.' },
)

export const NewTotpSecret = Type.Object(
  {
    secret: Type.String({ description: 'In base 32, to be typed.' }),
    otpauthUri: Type.String({ description: 'To be opened on a phone.' }),
    qrCode: Type.String({ description: 'A picture of it, to be scanned: an SVG as a data URI.' }),
    confirmed: Type.Literal(false),
  },
  { title: 'NewMfaSecret', description: 'A new secret, shown once.' },
)

const totpSecretState = {
  confirmed: Type.Boolean({ description: 'Whether an authenticator app is set up.' }),
}

export const TotpSecretState = Type.Object(
  {
    ...totpSecretState,
    confirmedAt: Nullable(Type.String({ format: 'date-time' }), 'Since when.'),
  },
  { title: 'MfaSecret', description: 'Whether one is set up; never its secret.' },
)

export const TotpSecretRemoved = Type.Object(
  { ...totpSecretState, mfaSignIn: MfaSignIn },
  { description: 'It is gone, and this is what signing in asks for now.' },
)

export const PhoneNumber = Type.String({
  maxLength: 32,
  description: 'In international form.',
  examples: ['+14155550123'],
})

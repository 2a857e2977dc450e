import { Type } from 'typebox'
import { mfaMethods } from '../config/settings.ts'
import { Nullable, Seconds } from '../http/schemas.ts'
import { RequestOptions } from './passkey/schemas.ts'

export const MfaMethod = Type.Enum([...mfaMethods], {
  title: 'MfaMethod',
  description: 'A method of the second factor.',
})

/** The methods that can complete a sign-in, recovery codes included. */
export const ChallengeMethod = Type.Enum([...mfaMethods, 'recoveryCode'], {
  title: 'ChallengeMethod',
  description: 'A method of the second factor; `recoveryCode` stands in for any of them.',
})

const mfaSignIn = {
  enabled: Type.Boolean({ description: 'Whether signing in takes a second factor.' }),
  mfaMethod: Nullable(MfaMethod, 'The default method; null while MFA is off.'),
  availableMethods: Type.Array(MfaMethod, {
    description: 'Methods that sign in, strongest first; while MFA is off, all that are set up.',
  }),
  pendingMethods: Type.Array(MfaMethod, {
    description:
      'Methods that are set up and open nothing yet, because they were proven before MFA was turned on. Each works once its owner proves it by `POST /settings/MfaSignIn` with `"setDefault": false`.',
  }),
  mfaEmail: Nullable(
    Type.String({ examples: ['a•••@example.com'] }),
    'The address that codes by email go to, masked; null if they are not set up.',
  ),
  changedAt: Nullable(
    Type.String({ format: 'date-time' }),
    'When MFA was last turned on or off; null if it never was on.',
  ),
}

export const MfaSignIn = Type.Object(mfaSignIn, {
  $id: 'MfaSignIn',
  description: 'Multi-factor sign-in of the account.',
  examples: [
    {
      enabled: false,
      mfaMethod: null,
      availableMethods: ['authenticator'],
      pendingMethods: [],
      mfaEmail: null,
      changedAt: '2026-11-24T09:00:00.000Z',
    },
  ],
})

export const MfaSignInOn = Type.Object(
  {
    ...mfaSignIn,
    recoveryCodes: Type.Optional(
      Type.Array(Type.String(), {
        description:
          'Ten codes for when the method is lost, each time MFA goes on and whenever the account has none. Shown once; earlier ones are void.',
        examples: [['YZ1D-C820-9XA9']],
      }),
    ),
  },
  { title: 'MfaSignInOn', description: 'MFA is on.' },
)

export const MfaRequired = Type.Object(
  {
    status: Type.Literal('mfaRequired'),
    mfaToken: Type.String({ description: 'Completes this sign-in or undo, and nothing else.' }),
    mfaMethod: ChallengeMethod,
    availableMethods: Type.Array(ChallengeMethod, {
      description: 'Methods that can complete it.',
    }),
    sentTo: Type.Optional(
      Type.String({ description: 'The address or number that a code was sent to, masked.' }),
    ),
    expiresIn: Seconds('Seconds until `mfaToken` expires.'),
  },
  {
    title: 'MfaRequired',
    description: 'The password or the undo link is valid; a second factor is required.',
  },
)

export const AssertionRequired = Type.Object(
  {
    status: Type.Literal('assertionRequired'),
    options: RequestOptions,
    expiresIn: Seconds('Seconds until the options expire.'),
  },
  { title: 'AssertionRequired', description: 'A passkey assertion is required.' },
)

export const NewTotpSecret = Type.Object(
  {
    secret: Type.String({ description: 'The secret in base 32, to type into the app.' }),
    otpauthUri: Type.String({ description: 'The secret as a URI that opens the app on a phone.' }),
    qrCode: Type.String({ description: 'The URI as a QR code to scan: an SVG as a data URI.' }),
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
    confirmedAt: Nullable(
      Type.String({ format: 'date-time' }),
      'When it was confirmed; null if none is set up.',
    ),
  },
  { title: 'MfaSecret', description: 'The state of the authenticator app, without its secret.' },
)

export const TotpSecretRemoved = Type.Object(
  { ...totpSecretState, mfaSignIn: MfaSignIn },
  { description: 'The app is removed. Includes the new state of multi-factor sign-in.' },
)

export const PhoneNumber = Type.String({
  maxLength: 32,
  description: 'In international format.',
  examples: ['+14155550123'],
})

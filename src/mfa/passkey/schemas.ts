import type {
  AuthenticationResponseJSON,
  PublicKeyCredentialCreationOptionsJSON,
  PublicKeyCredentialRequestOptionsJSON,
  RegistrationResponseJSON,
} from '@simplewebauthn/server'
import { Type } from 'typebox'
import { Instant, Nullable } from '../../http/schemas.ts'

// Browsers keep adding members to these objects: unknown ones are accepted and ignored.

const Encoded = (maxLength: number) => Type.String({ minLength: 1, maxLength })

const credential = {
  id: Encoded(1400),
  rawId: Encoded(1400),
  type: Type.Literal('public-key'),
  authenticatorAttachment: Type.Optional(Nullable(Type.String(), 'Ignored.')),
}

/** The result of `navigator.credentials.create()`, by its `toJSON()`. */
export const RegistrationResponse = Type.Unsafe<RegistrationResponseJSON>(
  Type.Object(
    {
      ...credential,
      clientExtensionResults: Type.Optional(
        Type.Object({
          credProps: Type.Optional(Type.Object({ rk: Type.Optional(Type.Boolean()) })),
        }),
      ),
      response: Type.Object({
        clientDataJSON: Encoded(4096),
        attestationObject: Encoded(12_000),
        transports: Type.Optional(Type.Array(Type.String({ maxLength: 32 }), { maxItems: 16 })),
      }),
    },
    {
      title: 'RegistrationResponseJSON',
      description:
        'RegistrationResponseJSON of WebAuthn Level 3: the result of `navigator.credentials.create()`, by its `toJSON()`.',
    },
  ),
)

/** The result of `navigator.credentials.get()`, by its `toJSON()`. */
export const AssertionResponse = Type.Unsafe<AuthenticationResponseJSON>(
  Type.Object(
    {
      ...credential,
      clientExtensionResults: Type.Optional(Type.Object({})),
      response: Type.Object({
        clientDataJSON: Encoded(4096),
        authenticatorData: Encoded(4096),
        signature: Encoded(2048),
        userHandle: Type.Optional(
          Nullable(Type.String({ maxLength: 100 }), 'The user handle of the account.'),
        ),
      }),
    },
    {
      title: 'AuthenticationResponseJSON',
      description:
        'AuthenticationResponseJSON of WebAuthn Level 3: the result of `navigator.credentials.get()`, by its `toJSON()`.',
    },
  ),
)

const Descriptors = Type.Array(
  Type.Object({
    id: Type.String(),
    type: Type.Literal('public-key'),
    transports: Type.Optional(Type.Array(Type.String())),
  }),
)

const challenge = Type.String({ description: 'The challenge to sign, once.' })

export const CreationOptions = Type.Unsafe<PublicKeyCredentialCreationOptionsJSON>(
  Type.Object(
    {
      challenge,
      rp: Type.Object({ id: Type.String(), name: Type.String() }),
      user: Type.Object({ id: Type.String(), name: Type.String(), displayName: Type.String() }),
      pubKeyCredParams: Type.Array(
        Type.Object({ type: Type.Literal('public-key'), alg: Type.Integer() }),
      ),
      timeout: Type.Integer({ description: 'Milliseconds.' }),
      attestation: Type.String(),
      excludeCredentials: Descriptors,
      authenticatorSelection: Type.Object({}, { additionalProperties: true }),
      extensions: Type.Object({}, { additionalProperties: true }),
    },
    {
      title: 'PublicKeyCredentialCreationOptionsJSON',
      description:
        'PublicKeyCredentialCreationOptionsJSON, for `PublicKeyCredential.parseCreationOptionsFromJSON()`.',
    },
  ),
)

export const RequestOptions = Type.Unsafe<PublicKeyCredentialRequestOptionsJSON>(
  Type.Object(
    {
      challenge,
      rpId: Type.String(),
      timeout: Type.Integer({ description: 'Milliseconds.' }),
      userVerification: Type.String(),
      allowCredentials: Type.Optional(Descriptors),
    },
    {
      title: 'PublicKeyCredentialRequestOptionsJSON',
      description:
        'PublicKeyCredentialRequestOptionsJSON, for `PublicKeyCredential.parseRequestOptionsFromJSON()`.',
    },
  ),
)

export const Passkey = Type.Object(
  {
    id: Type.String(),
    name: Type.String({ description: 'A name chosen by its owner.' }),
    createdAt: Instant('When the passkey was added.'),
    lastUsedAt: Nullable(Instant('When.'), 'When the passkey was last used; null if never.'),
    backedUp: Type.Boolean({ description: 'Whether the passkey is synced to other devices.' }),
    pending: Type.Boolean({
      description:
        'Whether it opens nothing yet: it was added on weaker proof than multi-factor sign-in has now. Prove it once by `POST /settings/MfaSignIn` with `passkeyId`.',
    }),
  },
  { $id: 'Passkey', description: 'A passkey.' },
)

export const PasskeyName = Type.String({
  minLength: 1,
  maxLength: 64,
  // At least one visible character, and no control characters.
  pattern: '^\\p{Z}*[^\\p{C}\\p{Z}]\\P{C}*$',
  description: 'A name chosen by its owner.',
  examples: ['My phone'],
})

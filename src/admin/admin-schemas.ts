import { Type } from 'typebox'
import { Profile } from '../accounts/profile-schemas.ts'
import {
  bearer,
  bodyProblems,
  Instant,
  Nullable,
  operatorProblems,
  problemResponses,
  StrictObject,
} from '../http/schemas.ts'
import { MfaSignIn } from '../mfa/schemas.ts'

export const operatorTags = ['Operators']

const NullableInstant = (description: string) => Nullable(Instant('When.'), description)

export const User = Type.Object(
  {
    id: Type.String(),
    email: Type.String(),
    profile: Profile,
    phoneNumber: Nullable(Type.String(), 'Masked.'),
    createdAt: Instant('When the account was created.'),
    lastSignInAt: NullableInstant('When the owner last signed in; null if not in the last year.'),
    passwordChangedAt: Instant('When the password was last set.'),
    passwordResetRequiredSince: NullableInstant(
      'Since when a new password is required before the account can sign in; null if none is.',
    ),
    mfaSignIn: MfaSignIn,
    recoveryCodes: Type.Object({
      remaining: Type.Integer({ description: 'The number of unused codes.' }),
      createdAt: NullableInstant('When the codes were generated; null if there are none.'),
    }),
    passkeys: Type.Integer({ description: 'The number of passkeys.' }),
    sessions: Type.Integer({ description: 'The number of live sessions.' }),
    trustedDevices: Type.Integer({
      description: 'The number of devices that skip the second factor.',
    }),
    suspension: Nullable(
      Type.Object({
        since: Instant('When it was suspended.'),
        reason: Nullable(Type.String(), 'The operator’s reason.'),
      }),
      'Null if the account is not suspended.',
    ),
    deletedAt: NullableInstant(
      'When its owner deleted the account; it is erased seven days later.',
    ),
    adminSince: NullableInstant('Since when its owner is an operator; null if they are not.'),
  },
  { title: 'User', description: 'The account as it is now.' },
)

export const Users = Type.Object(
  {
    users: Type.Array(User, {
      description: 'The account that has the address, then those that may get it back.',
    }),
  },
  { title: 'Users', description: 'The accounts found; empty if there are none.' },
)

const UserActivityEntry = Type.Object(
  {
    id: Type.String(),
    user: Nullable(Type.String(), 'The id of the account; null if the address has none.'),
    type: Type.String({ description: 'The type of the entry; stable.', examples: ['mfa.off'] }),
    at: Instant('When it happened.'),
    ipAddress: Nullable(
      Type.String(),
      'The IP address of the client; null for actions of operators.',
    ),
    userAgent: Nullable(Type.String(), 'The user agent of the client.'),
    detail: Type.Record(Type.String(), Type.Unknown(), {
      description:
        'Details that depend on the type. Actions of operators have `by`, and mostly `why`.',
    }),
  },
  { title: 'UserActivityEntry' },
)

export const AllActivity = Type.Object(
  {
    activity: Type.Array(UserActivityEntry, { description: 'Newest first.' }),
    nextCursor: Nullable(Type.String(), 'The `cursor` of the next page; null on the last one.'),
  },
  { title: 'AllActivity', description: 'One page of activity.' },
)

export const Invitation = Type.Object(
  {
    id: Type.String(),
    email: Type.String(),
    name: Nullable(Type.String(), 'The display name that the account will have.'),
    groups: Type.Array(Type.String(), { description: 'The groups that the account will have.' }),
    invitedBy: Type.String({
      description: 'The address of the operator, or `the command line`.',
    }),
    createdAt: Instant('When it was sent.'),
    expiresAt: Instant('Until when it can be accepted.'),
  },
  { title: 'Invitation', description: 'An invitation that can be accepted.' },
)

export const Invitations = Type.Object(
  {
    invitations: Type.Array(Invitation, { description: 'Newest first.' }),
    nextCursor: Nullable(Type.String(), 'The `cursor` of the next page; null on the last one.'),
  },
  { title: 'Invitations', description: 'One page of invitations.' },
)

export const UserParams = StrictObject({
  id: Type.String({ maxLength: 64, description: 'The id of the account.' }),
})

const reason = Type.String({
  minLength: 1,
  maxLength: 500,
  description: 'The reason, in one line. The owner reads it.',
  examples: ['Phone lost; called back at the number we have'],
})
export const RequiredReason = StrictObject({ reason })
export const optionalReason = { reason: Type.Optional(reason) }
export const OptionalReason = StrictObject(optionalReason)

/** The parts of the schema that all actions on an account share. */
export const actionSchema = {
  security: bearer,
  tags: operatorTags,
  params: UserParams,
  response: {
    200: User,
    ...problemResponses(...operatorProblems, 'not_found', 'own_account', ...bodyProblems),
  },
}

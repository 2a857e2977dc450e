import { Type } from 'typebox'
import { Instant, Nullable } from '../http/schemas.ts'
import { MfaSignIn } from '../mfa/schemas.ts'

const NullableInstant = (description: string) => Nullable(Instant('When.'), description)

/** An account, as operators see it. */
export const User = Type.Object(
  {
    id: Type.String(),
    email: Type.String(),
    phoneNumber: Nullable(Type.String(), 'Masked.'),
    createdAt: Instant('When the account began.'),
    lastSignInAt: NullableInstant('When somebody last signed in; null if nobody has.'),
    passwordChangedAt: Instant('When the password was last set.'),
    passwordResetRequiredSince: NullableInstant(
      'Since then no password signs in until a new one is set; null where one does.',
    ),
    mfaSignIn: MfaSignIn,
    recoveryCodes: Type.Object({
      remaining: Type.Integer({ description: 'How many are left.' }),
      createdAt: NullableInstant('Since when there are these; null if there are none.'),
    }),
    passkeys: Type.Integer({ description: 'How many there are.' }),
    sessions: Type.Integer({ description: 'How many are alive.' }),
    trustedDevices: Type.Integer({ description: 'How many are not asked for a second factor.' }),
    suspension: Nullable(
      Type.Object({ since: Instant('Since when.'), reason: Nullable(Type.String(), 'Why.') }),
      'Null if nobody suspended it.',
    ),
    deletedAt: NullableInstant('When its owner closed it; it is erased seven days later.'),
    adminSince: NullableInstant('Since when its owner is an operator; null if they are none.'),
  },
  { title: 'User', description: 'The account as it is now.' },
)

export const Users = Type.Object(
  {
    users: Type.Array(User, {
      description: 'Whoever has the address comes first, then those who may get it back.',
    }),
  },
  { title: 'Users', description: 'None, if nobody has the address.' },
)

const UserActivityEntry = Type.Object(
  {
    id: Type.String(),
    user: Nullable(Type.String(), 'The id of the account; null if the address had none.'),
    type: Type.String({ description: 'What happened; stable.', examples: ['mfa.off'] }),
    at: Instant('When.'),
    ipAddress: Nullable(Type.String(), 'The network address it came from; null for operators.'),
    userAgent: Nullable(Type.String(), 'The browser or program, in its own words.'),
    detail: Type.Record(Type.String(), Type.Unknown(), {
      description: 'More about it, by type. What an operator did has `by`, and mostly `why`.',
    }),
  },
  { title: 'UserActivityEntry' },
)

export const AllActivity = Type.Object(
  {
    activity: Type.Array(UserActivityEntry, { description: 'Newest first.' }),
    nextCursor: Nullable(Type.String(), 'Give it as `cursor` for the next page; null at the end.'),
  },
  { title: 'AllActivity', description: 'One page.' },
)

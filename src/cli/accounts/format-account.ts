import type { User } from '../../admin/users.ts'

/** Formats an account for the terminal. */
export function formatAccount(user: User): string {
  const { mfaSignIn, profile, recoveryCodes, suspension } = user
  const methods = mfaSignIn.availableMethods.join(', ') || 'none'
  const lines: [string, string | number | null][] = [
    ['id', user.id],
    ['name', profile.name],
    ['username', profile.preferredUsername],
    ['picture', profile.picture],
    ['groups', profile.groups.join(', ') || null],
    ['attributes', formatAttributes(profile.attributes)],
    ['created', user.createdAt],
    ['last sign-in', user.lastSignInAt ?? 'none in the last year'],
    ['MFA', `${mfaSignIn.enabled ? `on, ${mfaSignIn.mfaMethod}` : 'off'}; methods: ${methods}`],
    ['recovery codes', `${recoveryCodes.remaining} left`],
    ['passkeys', user.passkeys],
    ['phone', user.phoneNumber ?? 'none'],
    [
      'password',
      user.passwordResetRequiredSince === null
        ? `set ${user.passwordChangedAt}`
        : `void since ${user.passwordResetRequiredSince}; the owner must set a new one`,
    ],
    ['sessions', user.sessions],
    ['trusted devices', user.trustedDevices],
    ['suspended', suspension && `since ${suspension.since}: ${suspension.reason ?? ''}`],
    ['deleted', user.deletedAt],
    ['operator', user.adminSince && `since ${user.adminSince}`],
  ]
  return [
    user.email,
    ...lines
      .filter(([, value]) => value !== null)
      .map(([name, value]) => `  ${name.padEnd(16)}${value}`),
  ].join('\n')
}

function formatAttributes(attributes: User['profile']['attributes']): string | null {
  const pairs = Object.entries(attributes).map(([name, value]) => `${name}=${value}`)
  return pairs.join(', ') || null
}

import type { User } from '../../admin/users.ts'

/** An account, for people at a terminal. */
export function formatAccount(user: User): string {
  const { mfaSignIn, recoveryCodes, suspension } = user
  const methods = mfaSignIn.availableMethods.join(', ') || 'nothing'
  const lines: [string, string | number | null][] = [
    ['id', user.id],
    ['made', user.createdAt],
    ['last sign-in', user.lastSignInAt ?? 'never'],
    [
      'second step',
      `${mfaSignIn.enabled ? `on, ${mfaSignIn.mfaMethod}` : 'off'}; set up: ${methods}`,
    ],
    ['recovery codes', `${recoveryCodes.remaining} left`],
    ['passkeys', user.passkeys],
    ['phone', user.phoneNumber ?? 'none'],
    [
      'password',
      user.passwordResetRequiredSince === null
        ? `set ${user.passwordChangedAt}`
        : `void since ${user.passwordResetRequiredSince}, until its owner sets a new one`,
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

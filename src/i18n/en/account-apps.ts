/** The security page’s sentences about applications, in English. */
export const accountApps = {
  title: 'Applications',
  about: 'They sign you in with this account.',
  trusted: 'Belongs to the operator',
  since: (when: string) => `Since ${when}`,
  lastUsed: (when: string) => `last used on ${when}`,
  mayKnow: 'It may know:',
  remove: 'Remove',
  removeOne: (app: string) => `Remove ${app}`,
  isRemoved: (app: string) =>
    `${app} has been removed, and can’t use this account any more. If it keeps you signed in, sign out there as well.`,
}

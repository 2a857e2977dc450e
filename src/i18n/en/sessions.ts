/** The security page’s sentences about sessions, in English. */
export const sessions = {
  title: 'Where you are signed in',
  here: 'This device',
  since: (when: string) => `Signed in on ${when}`,
  lastUsed: (when: string) => `last used on ${when}`,
  from: (address: string) => `from ${address}`,
  end: 'Sign out',
  endOne: (device: string) => `Sign out ${device}`,
  endOthers: 'Sign out everywhere else',
  isEnded: (device: string) => `${device} is signed out.`,
  areEnded: 'You are signed out everywhere else.',
  apps: (names: string) => `Used for ${names}`,
}

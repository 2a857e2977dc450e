/** Sentences of the pages to which applications send people, in English. */
export const apps = {
  confirmTitle: 'Confirm that it’s you',
  confirmFor: (app: string) =>
    `${app} asks you to confirm that it’s you, or to use your second step.`,
  confirm: 'Confirm',
  confirmByPasskey: 'Confirm with a passkey',
  consentTitle: (app: string) => `Allow ${app}?`,
  consentAbout: (app: string) => `${app} asks to sign you in, and would know:`,
  scopes: {
    openid: 'that you have an account here, and when and how you signed in',
    email: 'your email address',
    profile: 'your name, username, picture, language and other details of your profile',
    groups: 'your groups',
  },
  address: (url: string) => `Its address is ${url}.`,
  allow: 'Allow',
  deny: 'Don’t allow',
  signOutTitle: 'Sign out?',
  signOutAbout: (app: string | null) =>
    app === null
      ? 'This signs you out here, and from all applications that you opened from here.'
      : `${app} asks to sign you out. This signs you out here, and from all applications that you opened from here.`,
  signOut: 'Sign out',
  stay: 'Stay signed in',
  errorTitle: 'This didn’t work',
  errorAbout:
    'The application sent you here in a way that can’t be answered. Please go back to it and start again. If it keeps happening, its administrator can use this:',
  requestNumber: (requestId: string) => `Number: ${requestId}`,
}

/** Every language has exactly these entries. */
export type AppsText = typeof apps

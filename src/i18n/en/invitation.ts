/** Every sentence of the invitation page, in English. */
export const invitation = {
  title: (service: string) => `You’re invited to ${service}`,
  about: (email: string) => `Create your account for ${email}.`,
  aboutNamed: (name: string, email: string) => `Hello ${name}, create your account for ${email}.`,
  submit: 'Create account',
  withPasskey: 'Use a passkey instead',
  aboutPasskey:
    'With a passkey, your finger, your face or your PIN signs you in, and there is no password to remember.',
  cannotSignInAlone:
    'This passkey can’t sign you in without a password. Please choose a password, or use another device.',
  passkeyKnown: 'This passkey belongs to another account. Please use another device.',
  ifUnwanted: 'If you don’t want an account, just close this page.',
  expired: 'This invitation no longer works',
  whyExpired: 'It was accepted or withdrawn, a newer one replaced it, or a week has passed.',
  ifAccepted: 'If you have accepted it, just sign in.',
  ifNotAccepted: 'Otherwise, please ask the person who invited you for another one.',
  taken: 'You already have an account',
  useAccount: (email: string) => `${email} has an account already. Please sign in with it.`,
  signIn: 'Sign in',
}

/** Every language has exactly these entries. */
export type InvitationText = typeof invitation

/** The security page’s sentences about the ways in, and what happens if one is lost or stolen, in English. */
export const waysIn = {
  title: 'If something gets lost or stolen',
  next: (step: string) => `Do this next: ${step}.`,
  otherwise: 'All other cases',
  inEachCase: 'All cases',
  advice: {
    turnOnMfa: {
      why: 'Anyone who has your password can get in. With a second step, they would need your phone, too.',
      do: 'turn on the second step',
    },
    setUpAuthenticator: {
      why: 'Anyone who gets into your mailbox gets into this account: they can set a new password, and the codes go there, too. An authenticator app is only on your own phone.',
      do: 'set up an authenticator app',
    },
    makeRecoveryCodes: {
      why: 'You have no recovery code left. If you lose the device or app that you sign in with, a code on paper still lets you in.',
      do: 'create recovery codes',
    },
  },
  good: 'Your account is well protected. There is nothing you need to do.',
  lost: {
    password: 'If you forget your password',
    mailbox: 'If you lose access to your mailbox',
    passkey: (name: string) => `If you lose the passkey “${name}”`,
    authenticator: 'If you lose your authenticator app',
    phone: 'If you lose your phone number',
    otherMailbox: 'If you lose access to the mailbox that your codes go to',
    recoveryCodes: 'If you lose your recovery codes',
  },
  by: {
    password: 'your password',
    mailbox: 'your mailbox',
    passkey: 'a passkey',
    authenticator: 'your authenticator app',
    phone: 'a code by text message',
    otherMailbox: 'a code by email',
    recoveryCodes: 'a recovery code',
  },
  stillIn: (lost: string, by: string) => `${lost}, you still get in with ${by}.`,
  onlyIn: (lost: string, by: string) =>
    `${lost}, you still get in with ${by}, but can’t change anything here.`,
  lockedOut: (lost: string) => `${lost}, you are locked out.`,
  stolen: {
    password: 'If someone learns your password',
    mailbox: 'If someone gets into your mailbox',
    passkey: (name: string) => `If someone takes the device with the passkey “${name}”`,
    authenticator: 'If someone takes your authenticator app',
    phone: 'If someone takes over your phone number',
    otherMailbox: 'If someone gets into the mailbox that your codes go to',
    recoveryCodes: 'If someone finds your recovery codes',
  },
  letsIn: {
    password: 'they get in: nothing else is required.',
    mailbox: 'they get in: they can set a new password.',
    mailboxForBoth: 'they get in: they can set a new password, and the codes go there, too.',
    other: 'they get in.',
  },
  keptOut: {
    password: 'they are stopped by your second step.',
    mailbox: 'they can set a new password, but are stopped by your second step.',
    passkey: 'they are stopped: they would need your fingerprint, face or PIN, or your password.',
    other: 'they are stopped: they would need your password, too.',
  },
}

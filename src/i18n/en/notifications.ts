import type { NotificationCatalogue } from '../notification-catalogue.ts'

const ignoreHint =
  'If this wasn’t you, you can ignore this message. Nobody can do anything without the code.'

/** The operator's reason, if there is one. */
const reasonGiven = (reason: string | null) => (reason ? [`The reason given: “${reason}”`] : [])

const templates: NotificationCatalogue['templates'] = {
  'sign-up-code': (_params, name, code) => ({
    subject: `${code} is your ${name} code`,
    paragraphs: [
      `Enter this code to finish signing up for ${name}. It works for 15 minutes.`,
      ignoreHint,
    ],
  }),
  'sign-up-existing-address': (_params, name) => ({
    subject: `You already have a ${name} account`,
    paragraphs: [
      `Someone, probably you, tried to sign up for ${name} with this address. You already have an account, so you can just sign in.`,
      'If this wasn’t you, you don’t need to do anything. Nothing has changed.',
    ],
  }),
  'sign-up-reserved-address': (_params, name) => ({
    subject: `This address can’t be used with ${name} yet`,
    paragraphs: [
      `Someone, probably you, tried to sign up for ${name} with this address. It belonged to another account until a few days ago, and its owner can still reclaim it. Please try again in a week.`,
      'If this wasn’t you, you don’t need to do anything. Nothing has changed.',
    ],
  }),
  invitation: (_params, name) => ({
    subject: `You’re invited to ${name}`,
    paragraphs: [
      `The operator of ${name} invites you to create an account with this address.`,
      `If you don’t know ${name}, you can ignore this message. Nothing happens unless you accept.`,
    ],
  }),
  'sign-in-code': (_params, name, code) => ({
    subject: `${code} is your ${name} code`,
    paragraphs: [
      `Enter this code to finish signing in to ${name}. It works for 5 minutes. Don’t share it with anyone.`,
      'If you didn’t just try to sign in, someone else knows your password. Please change it.',
    ],
  }),
  'undo-code': (_params, name, code) => ({
    subject: `${code} is your ${name} code`,
    paragraphs: [
      `Enter this code to undo a change to your ${name} account. It works for 5 minutes. Don’t share it with anyone.`,
      'If you didn’t just open such a link, someone else can read your email. Please change your email password.',
    ],
  }),
  'set-up-code': (_params, name, code) => ({
    subject: `${code} is your ${name} code`,
    paragraphs: [
      `Enter this code to receive your sign-in codes for ${name} here. It works for 5 minutes.`,
      ignoreHint,
    ],
  }),
  'address-code': (_params, name, code) => ({
    subject: `${code} is your ${name} code`,
    paragraphs: [
      `Enter this code to use this address with ${name}. It works for 5 minutes.`,
      ignoreHint,
    ],
  }),
  'reset-code': (_params, name, code) => ({
    subject: `${code} is your ${name} code`,
    paragraphs: [
      `Enter this code to choose a new password for ${name}. It works for 15 minutes. Don’t share it with anyone.`,
      ignoreHint,
    ],
  }),
  'reset-unknown-address': (_params, name) => ({
    subject: `You have no ${name} account with this address`,
    paragraphs: [
      `Someone, probably you, asked for a new password for ${name}. There is no account with this address. Perhaps you signed up with another one.`,
      'If this wasn’t you, you don’t need to do anything.',
    ],
  }),
  'reset-suspended': (_params, name) => ({
    subject: `Your ${name} account is suspended`,
    paragraphs: [
      `Someone, probably you, asked for a new password for ${name}. The operator of ${name} has suspended your account, so you can’t set a new password now. If you think this is a mistake, please contact them.`,
      'If this wasn’t you, you don’t need to do anything.',
    ],
  }),
  'mfa-on': ({ method, at }, name) => ({
    subject: `Your second step for ${name} is on`,
    paragraphs: [
      `Since ${at}, you need a second step in addition to your password to sign in to ${name}: ${method}.`,
    ],
  }),
  'mfa-off': ({ at, reason }, name) => ({
    subject: `Your second step for ${name} is off`,
    paragraphs: [
      `Since ${at}, your password alone signs you in to ${name}.`,
      ...(reason ? [`The operator of ${name} turned it off for you.`] : []),
      ...reasonGiven(reason),
    ],
  }),
  'mfa-method-added': ({ method, at }, name) => ({
    subject: `Another second step for ${name} was added`,
    paragraphs: [`Since ${at}, you can also use ${method} to sign in to ${name}.`],
  }),
  'mfa-method-changed': ({ method, at }, name) => ({
    subject: `Your second step for ${name} was changed`,
    paragraphs: [`On ${at}, your second step for ${name} was changed to ${method}.`],
  }),
  'mfa-method-removed': ({ method, at }, name) => ({
    subject: `A second step for ${name} was removed`,
    paragraphs: [`Since ${at}, you can no longer use ${method} to sign in to ${name}.`],
  }),
  'passkey-added': ({ at }, name) => ({
    subject: `A passkey for ${name} was added`,
    paragraphs: [
      `Since ${at}, your ${name} account has a new passkey. Anyone who has it can sign in with it.`,
    ],
  }),
  'passkey-added-unconfirmed': ({ at }, name) => ({
    subject: `A passkey for ${name} was added`,
    paragraphs: [
      `Since ${at}, your ${name} account has a new passkey. It signs nobody in until you confirm it in your settings.`,
    ],
  }),
  'passkey-removed': ({ at }, name) => ({
    subject: `A passkey for ${name} was removed`,
    paragraphs: [`Since ${at}, you can no longer sign in to ${name} with one of your passkeys.`],
  }),
  'passkey-cloned': ({ at }, name) => ({
    subject: `A passkey for ${name} was rejected`,
    paragraphs: [
      `On ${at}, we rejected one of your passkeys for ${name} because it looked like a copy. Nobody got in with it.`,
      'Please sign in another way, remove that passkey, and add a new one.',
    ],
  }),
  'recovery-codes-generated': ({ at }, name) => ({
    subject: `You have new recovery codes for ${name}`,
    paragraphs: [`Ten new recovery codes were created on ${at}. Your old ones no longer work.`],
  }),
  'recovery-code-used': ({ remaining, at }, name) => ({
    subject: `A recovery code was used for ${name}`,
    paragraphs: [
      `On ${at}, someone signed in to ${name} with one of your recovery codes. You have ${remaining} left.${
        remaining <= 3 ? ' Please create new ones soon.' : ''
      }`,
      'If this wasn’t you, please change your password and create new recovery codes now.',
    ],
  }),
  'code-guessing-detected': ({ at }, name) => ({
    subject: `Someone is guessing your codes for ${name}`,
    paragraphs: [
      `By ${at}, someone who knows your password for ${name} had entered five wrong codes within a day. They didn’t get in.`,
      'If this wasn’t you, please change your password, because someone else knows it.',
    ],
  }),
  'password-changed': ({ at }, name) => ({
    subject: `Your password for ${name} was changed`,
    paragraphs: [`Your password for ${name} was changed on ${at}. The old one no longer works.`],
  }),
  'email-changed': ({ at }, name) => ({
    subject: `Your email address for ${name} was changed`,
    paragraphs: [
      `Since ${at}, you sign in to ${name} with another address, and we send our emails there.`,
    ],
  }),
  'phone-changed': ({ at }, name) => ({
    subject: `Your phone number for ${name} was changed`,
    paragraphs: [`Since ${at}, we send your codes for ${name} by text message to another number.`],
  }),
  'app-allowed': ({ app, at }, name) => ({
    subject: `You allowed ${app} to use your ${name} account`,
    paragraphs: [
      `Since ${at}, ${app} may sign you in with your ${name} account.`,
      'If this wasn’t you, someone else can sign in to your account. Please remove the application and change your password.',
    ],
  }),
  'app-first-used': ({ app, at }, name) => ({
    subject: `You signed in to ${app} with your ${name} account`,
    paragraphs: [
      `This was the first time, on ${at}. ${app} belongs to the operator of ${name}, so it did not ask for your permission.`,
      'If this wasn’t you, someone else can sign in to your account. Please change your password.',
    ],
  }),
  'account-deleted': ({ at }, name) => ({
    subject: `Your ${name} account was deleted`,
    paragraphs: [
      `On ${at}, your account was closed. Everything in it will be permanently deleted after seven days.`,
    ],
  }),
  'account-created': (_params, name, code) => ({
    subject: `${code} is your ${name} code`,
    paragraphs: [
      `The operator of ${name} created an account for you with this address. Choose “Forgot your password?” where you sign in, then enter this code and a password of your own. The code works for 15 minutes; you can request a new one there at any time.`,
      'If you don’t want the account, you don’t need to do anything. Nobody can sign in to it without a code sent to this address.',
    ],
  }),
  'account-created-with-password': (_params, name) => ({
    subject: `You have a ${name} account`,
    paragraphs: [
      `The operator of ${name} created an account for you with this address and chose its first password. Sign in with it, then choose one of your own.`,
      'If nobody gave you the password, choose “Forgot your password?” where you sign in.',
    ],
  }),
  'account-suspended': ({ at, reason }, name) => ({
    subject: `Your ${name} account is suspended`,
    paragraphs: [
      `On ${at}, the operator of ${name} suspended your account. You are signed out everywhere, and nobody can sign in until they reopen it. Nothing in it is lost.`,
      ...reasonGiven(reason),
      'If you think this is a mistake, please contact them.',
    ],
  }),
  'account-unsuspended': ({ at, reason }, name) => ({
    subject: `Your ${name} account is open again`,
    paragraphs: [
      `On ${at}, the operator of ${name} reopened your account. You can sign in as before.`,
      ...reasonGiven(reason),
    ],
  }),
  'sessions-ended': ({ at, reason }, name) => ({
    subject: `You were signed out of ${name}`,
    paragraphs: [
      `On ${at}, the operator of ${name} signed you out everywhere. Please sign in again. Every device will ask for your second step if you have one.`,
      ...reasonGiven(reason),
    ],
  }),
  'password-reset-required': ({ at, reason }, name) => ({
    subject: `Please choose a new password for ${name}`,
    paragraphs: [
      `On ${at}, the operator of ${name} required a new password for your account. You are signed out everywhere, and the old password no longer works.`,
      ...reasonGiven(reason),
      'A code is on its way to the email address of your account. Choose “Forgot your password?” where you sign in; you can also request a new code there.',
    ],
  }),
  'username-changed': ({ at, reason }, name) => ({
    subject: `Your ${name} username was changed`,
    paragraphs: [
      `On ${at}, the operator of ${name} changed or removed the username of your account. You sign in as before, but applications may take you for somebody new until the operator has sorted that out there.`,
      ...reasonGiven(reason),
      `Your settings show the username that you have now. If you didn’t expect this, please contact the operator of ${name}.`,
    ],
  }),
  'admin-added': ({ at }, name) => ({
    subject: `You are an operator of ${name}`,
    paragraphs: [
      `Since ${at}, you can help other people with their accounts. This lasts as long as your second step stays on.`,
      `If you didn’t expect this, please contact the operator of ${name}.`,
    ],
  }),
  'admin-removed': ({ at }, name) => ({
    subject: `You are no longer an operator of ${name}`,
    paragraphs: [`Since ${at}, your account is an ordinary one again.`],
  }),
  'change-undone': ({ at }, name) => ({
    subject: `A change to your ${name} account was undone`,
    paragraphs: [
      `On ${at}, a change to your account was undone with a link from one of our messages. All devices were signed out, and nobody can sign in until a new password is set.`,
      'If you haven’t set one yet, please do it now: choose “Forgot your password?” where you sign in.',
    ],
  }),
}

/** Every sentence of the messages, in English. */
export const notifications: NotificationCatalogue = {
  templates,
  methods: {
    passkey: 'a passkey',
    authenticator: 'an authenticator app',
    sms: 'codes by text message',
    email: 'codes by email',
  },
  undoIntro: (until) =>
    `If this wasn’t you, you can undo it until ${until}. You will then sign in as before, and all devices will be signed out:`,
  undoLabel: 'Undo this change',
  invitation: {
    intro: (until) => `To accept, choose a password or a passkey by ${until}:`,
    label: 'Open the invitation',
  },
  undoElsewhere: (until) =>
    `If this wasn’t you, you can undo it until ${until} with the link in the message to your account’s own address.`,
  securityPageIntro: 'Your security page lists all applications, and lets you remove them:',
  securityPageLabel: 'Open the security page',
  digest: {
    subject: (subject, count) => `${subject} (${count} times)`,
    intro: (count) =>
      `This happened ${count} times within a few minutes, so one message reports all of it.`,
    shortened: 'This list is shortened. The activity in your settings has the rest.',
    undoLabel: 'Undo these changes',
  },
}

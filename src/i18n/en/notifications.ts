import type { NotificationCatalogue } from '../notification-catalogue.ts'

const ignoreHint = 'If this wasn’t you, ignore this message: without the code nothing happens.'

/** The operator's reason, if there is one. */
const reasonGiven = (reason: string | null | undefined) =>
  reason ? [`The reason given: “${reason}”`] : []

const templates: NotificationCatalogue['templates'] = {
  'sign-up-code': (_params, name, code) => ({
    subject: `${code} is your ${name} code`,
    paragraphs: [
      `Type this code to finish signing up to ${name}. It works for 15 minutes.`,
      ignoreHint,
    ],
  }),
  'sign-up-existing-address': (_params, name) => ({
    subject: `You already have a ${name} account`,
    paragraphs: [
      `Someone, probably you, tried to sign up to ${name} with this address. You already have an account: just sign in with it.`,
      'If this wasn’t you, there is nothing to do: nothing has changed.',
    ],
  }),
  'sign-up-reserved-address': (_params, name) => ({
    subject: `This address can’t be used with ${name} yet`,
    paragraphs: [
      `Someone, probably you, tried to sign up to ${name} with this address. An account had it until a few days ago and can still take it back, so please try again in a week.`,
      'If this wasn’t you, there is nothing to do: nothing has changed.',
    ],
  }),
  'sign-in-code': (_params, name, code) => ({
    subject: `${code} is your ${name} code`,
    paragraphs: [
      `Type this code to finish signing in to ${name}. It works for 5 minutes. Tell it to no one.`,
      'If you didn’t just sign in, someone knows your password: please change it.',
    ],
  }),
  'set-up-code': (_params, name, code) => ({
    subject: `${code} is your ${name} code`,
    paragraphs: [
      `Type this code to have codes for signing in to ${name} sent here. It works for 5 minutes.`,
      ignoreHint,
    ],
  }),
  'address-code': (_params, name, code) => ({
    subject: `${code} is your ${name} code`,
    paragraphs: [
      `Type this code to use this address with ${name}. It works for 5 minutes.`,
      ignoreHint,
    ],
  }),
  'reset-code': (_params, name, code) => ({
    subject: `${code} is your ${name} code`,
    paragraphs: [
      `Type this code to choose a new password for ${name}. It works for 15 minutes. Tell it to no one.`,
      ignoreHint,
    ],
  }),
  'reset-unknown-address': (_params, name) => ({
    subject: `You have no ${name} account with this address`,
    paragraphs: [
      `Someone, probably you, asked for a new password for ${name}. This address has no account: perhaps yours has another one.`,
      'If this wasn’t you, there is nothing to do.',
    ],
  }),
  'reset-suspended': (_params, name) => ({
    subject: `Your ${name} account is suspended`,
    paragraphs: [
      `Someone, probably you, asked for a new password for ${name}. Whoever runs ${name} has suspended your account, so none can be set now. If you think that is a mistake, please ask them.`,
      'If this wasn’t you, there is nothing to do.',
    ],
  }),
  'mfa-on': ({ method, at }, name) => ({
    subject: `Your second step for ${name} is on`,
    paragraphs: [
      `Since ${at}, signing in to ${name} asks for your password and for a second step: ${method}.`,
    ],
  }),
  'mfa-off': ({ at, reason }, name) => ({
    subject: `Your second step for ${name} is off`,
    paragraphs: [
      `Since ${at}, your password alone signs you in to ${name}.`,
      ...(reason ? [`Whoever runs ${name} turned it off for you.`] : []),
      ...reasonGiven(reason),
    ],
  }),
  'mfa-method-changed': ({ method, at }, name) => ({
    subject: `Your second step for ${name} was changed`,
    paragraphs: [`Since ${at}, signing in to ${name} asks for ${method}.`],
  }),
  'mfa-method-removed': ({ method, at }, name) => ({
    subject: `A second step for ${name} was removed`,
    paragraphs: [`Since ${at}, ${method} can’t be used for signing in to ${name} any more.`],
  }),
  'passkey-added': ({ at }, name) => ({
    subject: `A passkey for ${name} was added`,
    paragraphs: [
      `Since ${at}, your ${name} account has a new passkey. Whoever has it can sign in with it.`,
    ],
  }),
  'passkey-removed': ({ at }, name) => ({
    subject: `A passkey for ${name} was removed`,
    paragraphs: [`Since ${at}, one of your passkeys no longer signs you in to ${name}.`],
  }),
  'passkey-cloned': ({ at }, name) => ({
    subject: `A passkey for ${name} was refused`,
    paragraphs: [
      `On ${at} we refused one of your passkeys for ${name}: it looked like a copy of yours. Nobody got in with it.`,
      'Please sign in another way, remove that passkey, and add a new one.',
    ],
  }),
  'recovery-codes-generated': ({ at }, name) => ({
    subject: `You have new recovery codes for ${name}`,
    paragraphs: [`Ten new recovery codes were made on ${at}. The ones before no longer work.`],
  }),
  'recovery-code-used': ({ remaining, at }, name) => ({
    subject: `A recovery code was used for ${name}`,
    paragraphs: [
      `On ${at} somebody signed in to ${name} with one of your recovery codes. You have ${remaining} left.${
        remaining <= 3 ? ' Please make new ones soon.' : ''
      }`,
      'If this wasn’t you, change your password and make new recovery codes now.',
    ],
  }),
  'code-guessing-detected': ({ at }, name) => ({
    subject: `Somebody is guessing your codes for ${name}`,
    paragraphs: [
      `Up to ${at}, somebody who knows your password for ${name} has typed five wrong codes within a day. None of them let anybody in.`,
      'If this wasn’t you, please change your password: somebody else knows it.',
    ],
  }),
  'password-changed': ({ at }, name) => ({
    subject: `Your password for ${name} was changed`,
    paragraphs: [`Since ${at}, a new password signs you in to ${name}.`],
  }),
  'email-changed': ({ at }, name) => ({
    subject: `Your email address for ${name} was changed`,
    paragraphs: [`Since ${at}, another address signs you in to ${name}, and we write there.`],
  }),
  'phone-changed': ({ at }, name) => ({
    subject: `Your phone number for ${name} was changed`,
    paragraphs: [`Since ${at}, codes by text message for ${name} go to another number.`],
  }),
  'account-deleted': ({ at }, name) => ({
    subject: `Your ${name} account was deleted`,
    paragraphs: [
      `On ${at} your account was closed. Everything in it will be erased after seven days.`,
    ],
  }),
  'account-created': (_params, name, code) => ({
    subject: `${code} is your ${name} code`,
    paragraphs: [
      `Whoever runs ${name} made an account for you, with this address. Choose “forgotten password” where you sign in, and type this code with a password of your own. It works for 15 minutes; “forgotten password” sends you a new one whenever you like.`,
      'If you don’t want the account, there is nothing to do: nobody can sign in to it without a code sent here.',
    ],
  }),
  'account-created-with-password': (_params, name) => ({
    subject: `You have a ${name} account`,
    paragraphs: [
      `Whoever runs ${name} made an account for you, with this address, and chose its first password. Sign in with it and choose one of your own.`,
      'If nobody told you the password, choose “forgotten password” where you sign in.',
    ],
  }),
  'account-suspended': ({ at, reason }, name) => ({
    subject: `Your ${name} account is suspended`,
    paragraphs: [
      `On ${at}, whoever runs ${name} suspended your account. You are signed out everywhere, and nobody can sign in until they restore it. Nothing in it is lost.`,
      ...reasonGiven(reason),
      'If you think that is a mistake, please ask them.',
    ],
  }),
  'account-unsuspended': ({ at, reason }, name) => ({
    subject: `Your ${name} account is open again`,
    paragraphs: [
      `On ${at}, whoever runs ${name} restored your account. You can sign in as before.`,
      ...reasonGiven(reason),
    ],
  }),
  'sessions-ended': ({ at, reason }, name) => ({
    subject: `You were signed out of ${name}`,
    paragraphs: [
      `On ${at}, whoever runs ${name} signed you out everywhere. Please sign in again; every device asks for your second step, if you have one.`,
      ...reasonGiven(reason),
    ],
  }),
  'password-reset-required': ({ at, reason }, name) => ({
    subject: `Please choose a new password for ${name}`,
    paragraphs: [
      `On ${at}, whoever runs ${name} asked for a new password for your account. You are signed out everywhere, and the old password no longer signs anybody in.`,
      ...reasonGiven(reason),
      'A code is on its way to the address of your account. Choose “forgotten password” where you sign in; there you can also have a new code sent.',
    ],
  }),
  'admin-added': ({ at }, name) => ({
    subject: `You are an operator of ${name}`,
    paragraphs: [
      `Since ${at}, your account may help other people with theirs. That lasts for as long as your second step stays on.`,
      `If you didn’t expect this, please tell whoever runs ${name}.`,
    ],
  }),
  'admin-removed': ({ at }, name) => ({
    subject: `You are no longer an operator of ${name}`,
    paragraphs: [`Since ${at}, your account is an ordinary one again.`],
  }),
  'change-undone': ({ at }, name) => ({
    subject: `Your ${name} account is as it was before`,
    paragraphs: [
      `On ${at} a change of your account was undone from a message of ours. Everyone was signed out, and nobody can sign in until a new password is set.`,
      'If you haven’t set one yet, do it now: choose “forgotten password” where you sign in.',
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
    `If this wasn’t you, undo it until ${until}. That brings back how you signed in before, and signs everyone out:`,
  undoLabel: 'Undo this change',
}

import { accountApps as apps } from './account-apps.ts'
import { activity } from './activity.ts'
import { profile } from './profile.ts'
import { recoveryCodes } from './recovery-codes.ts'
import { sessions } from './sessions.ts'
import { waysIn } from './ways-in.ts'

/** Every sentence of the security page, in English. The other languages have the same shape. */
export const security = {
  title: 'Your security',
  signedInAs: (email: string) => `You are signed in as ${email}.`,
  otherAccount:
    'Somebody signed in to another account in this browser. This page now shows that account.',
  signOut: 'Sign out',
  showAll: (count: number) => `Show all ${count}`,
  tryAgain: 'Try again',
  done: 'Done',
  save: 'Save',
  remove: 'Remove',
  sendCode: 'Send me a code',
  copied: 'Copied',
  copyFailed: 'That could not be copied. Please select it and copy it by hand.',
  unknownUserAgent: 'Unknown device',
  userAgent: (browser: string, system: string) => `${browser} on ${system}`,
  notifiedByEmail: (email: string) => `We’ve emailed you at ${email}; you can undo it from there.`,

  methods: {
    passkey: 'passkey',
    authenticator: 'authenticator app',
    sms: 'codes by text message',
    email: 'codes by email',
  },

  mfa: {
    title: 'Second step at sign-in',
    off: 'Only your password protects this account.',
    offMeans:
      'Anyone who learns it can get in. A second step stops them and takes a minute to set up.',
    on: (method: string) => `Your second step is on: ${method}.`,
    alsoWorks: (methods: string) => `You can also use: ${methods}.`,
    turnOn: 'Turn on the second step',
    change: 'Change the method',
    turnOff: 'Turn off',
    turnOffTitle: 'Turn off your second step?',
    turnOffMeans: 'Your password alone will then be enough to sign in to this account.',
    keepOn: 'Keep it on',
    isOff: (email: string) =>
      `Your second step is off. We’ve emailed you at ${email}; you can undo this from there for seven days.`,
    isOn: 'It’s set up. We’ve sent you an email about it.',
    required: (name: string) =>
      `${name} requires a second step for everyone, so you can’t turn it off.`,
    setUpTitle: 'Set up your second step',
    setUpWhy: (name: string) =>
      `${name} requires a second step for everyone. It takes a minute; then you can continue.`,
  },

  removal: {
    authenticator: {
      start: 'Remove the authenticator app',
      title: 'Remove the authenticator app?',
      means: (method: string) =>
        `You will no longer be able to sign in with its codes. Your second step stays on: ${method}.`,
      meansOtherwise: 'To use an app again, you will have to set it up from scratch.',
      confirm: 'Remove',
      keep: 'Keep it',
      done: 'The authenticator app has been removed.',
    },
    email: {
      start: 'Stop using codes by email',
      title: 'Stop using codes by email?',
      means: (method: string) =>
        `You will no longer be able to sign in with them. Your second step stays on: ${method}.`,
      meansOtherwise: 'To use them again, you will have to set them up from scratch.',
      confirm: 'Stop using them',
      keep: 'Keep using them',
      done: 'You no longer sign in with codes by email.',
    },
  },

  confirm: {
    pendingTitle: 'Set up before, and not used to sign in yet',
    pendingMeans: (count: number) =>
      `For your safety, please confirm ${count === 1 ? 'it' : 'each of them'} once. Then you can sign in with it, too.`,
    submit: 'Confirm',
    titles: {
      passkey: 'Confirm your passkey',
      authenticator: 'Confirm your authenticator app',
      sms: 'Confirm codes by text message',
      email: 'Confirm codes by email',
    },
    passkeyNotUsed: 'No passkey was used. Please try again, or do it on the device that has it.',
    done: {
      passkey: 'Confirmed. You can now sign in with your passkey.',
      authenticator: 'Confirmed. You can now sign in with your authenticator app.',
      sms: 'Confirmed. You can now sign in with a code by text message.',
      email: 'Confirmed. You can now sign in with a code by email.',
    },
  },

  choose: {
    title: 'How do you want to confirm that it’s you?',
    endsOthers: 'You will be signed out on all other devices.',
    inUse: 'in use now',
    about: {
      passkey: 'Your fingerprint, face or PIN. The safest option, with nothing to type.',
      authenticator: 'An app on your phone shows codes, even when you’re offline.',
      sms: 'We text a code to your phone. Anyone who takes over your number gets it, too.',
      email: 'We email you a code. Anyone who gets into your mailbox gets it, too.',
    },
  },

  authenticator: {
    title: 'Set up your authenticator app',
    scan: 'Open the app, add an account, and scan this:',
    qrCode: 'QR code for your authenticator app',
    open: 'Open in the authenticator app',
    orType: 'Or enter this key in the app:',
    copyKey: 'Copy the key',
    code: 'Six-digit code that the app shows',
    submit: 'Turn on',
    knownTitle: 'Use your authenticator app',
    known: 'Your app is already set up. Enter the code that it shows.',
    another: 'Set up a new app instead',
  },

  passkey: {
    title: 'Use a passkey',
    use: 'Use passkey',
    explain: 'Your device will now ask for your fingerprint, face or PIN.',
    made: 'Your passkey is ready. Use it once more to turn on the second step.',
    notShown: 'No passkey was used. If yours is on another device, create one for this device.',
    makeHere: 'Create a passkey on this device',
    notMade: 'No passkey was created. Please try again, or choose another method.',
  },

  sms: {
    title: 'Get codes by text message',
    toKnown: (number: string) => `Send a code to ${number}`,
    another: 'Use another number',
  },

  emailCode: {
    title: 'Get codes by email',
    toOwn: 'We’ll send the code to the email address of your account.',
    toKnown: 'We’ll send a code to the address that you chose for it.',
  },

  phoneField: {
    country: 'Country',
    number: 'Mobile number',
  },

  code: {
    title: 'Enter the code',
    submit: 'Confirm',
  },

  recoveryCodes,

  passkeys: {
    title: 'Passkeys',
    about: 'A passkey lets you sign in with your fingerprint, face or PIN, without a password.',
    none: 'You have none yet.',
    unsupported: 'This browser can’t create passkeys.',
    add: 'Add a passkey',
    added: (when: string) => `Added on ${when}.`,
    lastUsed: (when: string) => `Last used on ${when}.`,
    neverUsed: 'Never used.',
    backedUp: 'Also on your other devices.',
    unconfirmed: 'You can’t sign in with it yet. Please confirm it once.',
    rename: 'Rename',
    renameOne: (name: string) => `Rename ${name}`,
    confirmOne: (name: string) => `Confirm ${name}`,
    removeOne: (name: string) => `Remove ${name}`,
    name: 'Name',
    removeTitle: (name: string) => `Remove ${name}?`,
    removeMeans:
      'You will no longer be able to sign in with it. You can delete it from your device, too.',
    keep: 'Keep it',
    isAdded: (name: string) => `${name} has been added. You can now sign in with it.`,
    isAddedUnconfirmed: (name: string) =>
      `${name} has been added. Please confirm it once; then you can sign in with it.`,
    isConfirmed: (name: string) => `${name} is confirmed. You can now sign in with it.`,
    isRenamed: (name: string) => `It’s now called ${name}.`,
    isRemoved: (name: string) => `${name} has been removed.`,
  },

  password: {
    title: 'Password',
    changedAt: (when: string) => `Last changed on ${when}.`,
    change: 'Change password',
    current: 'Current password',
    new: 'New password',
    means: 'You will be signed out on all other devices.',
    isChanged: 'Your password has been changed, and all other devices are signed out.',
  },

  email: {
    title: 'Email address',
    change: 'Change address',
    new: 'New email address',
    isChanged: (email: string) => `Your address is now ${email}.`,
  },

  language: {
    title: 'Language of messages',
    now: (name: string) => `We write to you in ${name}.`,
    choose: (name: string) => `Change to ${name}`,
    isChosen: (name: string) => `From now on we write to you in ${name}.`,
  },

  phone: {
    title: 'Phone number',
    none: 'None.',
    about: 'For codes by text message. We never send anything else there.',
    notForSignIn: 'Not used to sign in.',
    useForSignIn: 'Use text codes to sign in',
    add: 'Add a number',
    change: 'Change number',
    removeTitle: (number: string) => `Remove ${number}?`,
    removeMeans: 'We will no longer send codes there.',
    keep: 'Keep it',
    isChanged: (number: string) => `Your number is now ${number}.`,
    isRemoved: 'The number has been removed.',
  },

  trustedDevices: {
    title: 'Devices that skip the second step',
    since: (when: string) => `Remembered on ${when}`,
    until: (when: string) => `until ${when}`,
    revoke: 'Remove',
    revokeOne: (device: string) => `Remove ${device}`,
    revokeAll: 'Remove all',
    isRevoked: (device: string) => `${device} no longer skips the second step.`,
    areRevoked: 'No device skips the second step any longer.',
  },

  waysIn,
  profile,
  apps,
  sessions,

  activity,

  stepUp: {
    title: 'Please confirm that it’s you',
    why: 'Before you change how you sign in, please confirm once more.',
    byPasskey: 'Confirm with a passkey',
    submit: 'Confirm',
  },

  deletion: {
    title: 'Delete this account',
    about: 'You’ll be signed out everywhere immediately, and nobody can sign in after that.',
    start: 'Delete account …',
    means: (email: string) =>
      `The account is closed immediately. We’ll email you at ${email}: a link in that email restores it for seven days. After that, everything is permanently deleted.`,
    submit: 'Delete my account',
    doneTitle: 'Your account is closed',
    doneMeans: (email: string) =>
      `You are signed out everywhere. Changed your mind? We’ve emailed you at ${email}: for seven days, the link in that email restores everything. After that, it is permanently deleted.`,
    toSignIn: 'Go to the sign-in page',
  },

  problems: {
    invalid_credentials: 'That isn’t your password.',
    invalid_code: 'That code isn’t right. Please use the newest one.',
    address_taken: 'Another account uses this address. Please use another one.',
    last_method:
      'This is the only method left. Set up another one first, or turn the second step off.',
    mfa_is_off: 'Your second step is off. You’ll get new codes when you turn it on.',
    insufficient_user_authentication:
      'A code by email isn’t enough for this. Please try again, and confirm in another way.',
    method_not_set_up: 'This method is no longer set up. Please start again.',
    too_many_passkeys: 'You’ve reached the maximum number of passkeys. Please remove one first.',
    passkey_known: 'This device already has a passkey for this account.',
    not_found: 'That has already been removed.',
    unavailable: 'The service isn’t available right now. Please try again in a minute.',
    invalid_phone_number:
      'We can’t send text messages to this number. Please enter your mobile number.',
    invalid_name: 'Please enter a name of at most 64 characters.',
  },
}

/** Every language has exactly these entries. */
export type SecurityText = typeof security

// One file, so that translations can be compared line by line.
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

  recoveryCodes: {
    title: 'Recovery codes',
    about: 'Use one if you lose the device or app that you sign in with. Each works once.',
    whileOff:
      'They come with the second step: ten codes for when you lose the device or app that you sign in with.',
    left: (count: number) =>
      count === 0
        ? 'You have none left.'
        : count === 1
          ? 'You have 1 of 10 left.'
          : `You have ${count} of 10 left.`,
    generatedAt: (when: string) => `Created on ${when}.`,
    generate: 'Create new ones',
    generateTitle: 'Create ten new recovery codes?',
    generateMeans: 'Your old codes will stop working.',
    keepOld: 'Keep the old ones',
    newTitle: 'Save your recovery codes',
    newAbout:
      'If you lose the device or app that you sign in with, one of these lets you in. Keep them where you’ll find them, on paper or in a password manager. You won’t see them again.',
    copy: 'Copy',
    download: 'Download',
    print: 'Print',
    fileName: 'recovery-codes.txt',
    fileTitle: (name: string, email: string | undefined) =>
      `Recovery codes for ${name}${email ? ` (${email})` : ''}`,
    fileAbout: 'Each of these codes works once.',
    savedConfirmation: 'I have saved these codes',
    saveFirst: 'Please save them first. You won’t see them again.',
    generated: 'You have ten new recovery codes. The old ones no longer work.',
  },

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

  sessions: {
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

  waysIn: {
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
  },

  activity: {
    title: 'Recent activity',
    more: 'Show more',
    from: (device: string, address: string) => `${device}, from ${address}`,
    noMore: 'That’s everything.',
    signedInWith: (what: string) => `You signed in with ${what}.`,
    amr: {
      pwd: 'your password',
      otp: 'your authenticator app',
      sms: 'a code by text message',
      email: 'a code by email',
      recovery_code: 'a recovery code',
      hwk: 'a passkey',
      swk: 'a passkey',
    },
    failed: {
      password: 'Someone tried to sign in with a wrong password.',
      code: 'Someone tried to sign in with a wrong code.',
      passkey: 'Someone tried to sign in with a passkey that wasn’t accepted.',
    },
    ended: {
      signed_out: 'You signed out.',
      refresh_token_reused:
        'A session was ended because it was used from two places: it may have been stolen.',
      others: 'You signed out everywhere else.',
      one: 'You signed out one device.',
    },
    byOperator: {
      'account.created': 'The operator of this service created this account for you.',
      'account.suspended': 'The operator of this service suspended this account.',
      'account.unsuspended': 'The operator of this service reopened this account.',
      'mfa.off': 'The operator of this service turned off your second step.',
      'session.ended': 'The operator of this service signed you out everywhere.',
      'password.reset_required': 'The operator of this service required a new password.',
      'admin.added': 'You became an operator: you can help other people with their accounts.',
      'admin.removed': 'You are no longer an operator.',
    },
    reason: (reason: string) => `The reason given: “${reason}”`,
    types: {
      'account.created': 'You created this account.',
      'account.createdByImport': 'This account was imported from another system.',
      'mfa.off': 'You turned off your second step.',
      'passkey.refused': (passkey: string) =>
        `The passkey “${passkey}” was rejected: there may be a copy of it.`,
      'mfa.on': (method: string) => `You turned on your second step: ${method}.`,
      'mfa.method_added': (method: string) => `You set up a method of your second step: ${method}.`,
      'mfa.method_changed': (method: string) => `You changed your second step to ${method}.`,
      'mfa.method_removed': (method: string) =>
        `You removed a method of your second step: ${method}.`,
      'passkey.added': (passkey: string) => `You added the passkey “${passkey}”.`,
      'passkey.renamed': (passkey: string) => `You renamed a passkey to “${passkey}”.`,
      'passkey.removed': (passkey: string) => `You removed the passkey “${passkey}”.`,
      'recovery_codes.generated': 'You created ten recovery codes.',
      'recovery_code.used': (left: number) => `A recovery code was used. Codes left: ${left}.`,
      'password.changed': 'You changed your password.',
      'password.reset': 'Your password was reset by email.',
      'email.changed': 'You changed your email address.',
      'phone.changed': 'You changed your phone number.',
      'device.trusted': 'A device was allowed to skip the second step.',
      'device.revokedOne': 'One device no longer skips the second step.',
      'device.revokedAll': 'No device skips the second step any longer.',
      'account.deleted': 'You deleted this account.',
      'language.changed': 'You chose another language for messages.',
      'account.erased': 'This account was permanently deleted.',
      'change.undone': (change: string) => `This was undone: ${change}.`,
      'undo.failed':
        'Somebody opened an undo link and gave a wrong second step. If it wasn’t you, someone can read your email.',
    },
  },

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

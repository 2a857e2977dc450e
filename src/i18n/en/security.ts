/** Every sentence of the security page, in English. The other languages have the same shape. */
export const security = {
  title: 'Your security',
  signedInAs: (email: string) => `You are signed in as ${email}.`,
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
  notifiedByEmail: (email: string) => `We’ve told you by email at ${email}; there you can undo it.`,

  methods: {
    passkey: 'passkey',
    authenticator: 'authenticator app',
    sms: 'codes by text message',
    email: 'codes by email',
  },

  mfa: {
    title: 'Second step at sign-in',
    off: 'Only your password protects this account.',
    offMeans: 'Whoever learns it gets in. A second step stops them, and takes a minute to set up.',
    on: (method: string) => `Your second step is on: ${method}.`,
    alsoSetUp: (methods: string) => `Also set up: ${methods}.`,
    turnOn: 'Turn on the second step',
    change: 'Change the method',
    turnOff: 'Turn off',
    turnOffTitle: 'Turn off your second step?',
    turnOffMeans: 'From now on, your password alone signs in to this account.',
    keepOn: 'Keep it on',
    isOff: (email: string) =>
      `Your second step is off. We’ve told you by email at ${email}; for seven days, a link in that email undoes this.`,
    isOn: 'That is set up. We’ve told you by email.',
    required: (name: string) =>
      `${name} asks everyone for a second step, so it can’t be turned off.`,
    removeAuthenticator: 'Remove the authenticator app',
    removeAuthenticatorTitle: 'Remove the authenticator app?',
    removeAuthenticatorMeans: (method: string) =>
      `Its codes no longer sign you in. Your second step stays on: ${method}.`,
    removeAuthenticatorWhileOff: 'To use an app again, you set it up anew.',
    authenticatorRemoved: 'The authenticator app is removed.',
    keepIt: 'Keep it',
    setUpTitle: 'Set up your second step',
    setUpWhy: (name: string) =>
      `${name} asks everyone for a second step. It takes a minute; then you can go on.`,
  },

  choose: {
    title: 'How do you want to confirm that it’s you?',
    endsOthers: 'You will be signed out on all other devices.',
    inUse: 'in use now',
    about: {
      passkey: 'Your finger, your face or your PIN. The safest, and nothing to type.',
      authenticator: 'An app on your phone shows codes, also without a network.',
      sms: 'We text a code to your phone. Whoever takes over your number gets it, too.',
      email: 'We email you a code. Whoever gets into your mailbox gets it, too.',
    },
  },

  authenticator: {
    title: 'Set up your authenticator app',
    scan: 'Open the app, choose to add an account, and scan this:',
    qrCode: 'QR code for your authenticator app',
    open: 'Open in the authenticator app',
    orType: 'Or type this key into the app:',
    copyKey: 'Copy the key',
    code: 'Six-digit code that the app shows',
    submit: 'Turn on',
    knownTitle: 'Use your authenticator app',
    known: 'Your app is set up already. Type the code that it shows.',
    another: 'Set up a new app instead',
  },

  passkey: {
    title: 'Use a passkey',
    use: 'Use passkey',
    explain: 'Your device now asks for your finger, your face or your PIN.',
    made: 'Your passkey is made. Use it once more to turn on the second step.',
    notShown: 'No passkey was shown. Is it on another device? Then make one for this device.',
    makeHere: 'Make a passkey on this device',
    notMade: 'No passkey was made. Please try again, or choose another method.',
  },

  sms: {
    title: 'Get codes by text message',
    toKnown: (number: string) => `Send a code to ${number}`,
    another: 'Use another number',
  },

  emailCode: {
    title: 'Get codes by email',
    toOwn: 'We send the code to the address of your account.',
  },

  phoneField: {
    country: 'Country',
    number: 'Mobile number',
  },

  code: {
    title: 'Type the code',
    submit: 'Confirm',
  },

  recoveryCodes: {
    title: 'Recovery codes',
    about: 'For when you have lost what you sign in with. Each works once.',
    left: (count: number) =>
      count === 0
        ? 'You have none left.'
        : count === 1
          ? 'You have 1 of 10 left.'
          : `You have ${count} of 10 left.`,
    generatedAt: (when: string) => `Made on ${when}.`,
    generate: 'Make new ones',
    generateTitle: 'Make ten new recovery codes?',
    generateMeans: 'The codes that you have kept no longer work from then on.',
    keepOld: 'Keep the old ones',
    newTitle: 'Keep your recovery codes',
    newAbout:
      'If you lose what you sign in with, one of these lets you in. Keep them where you would find them then, on paper or in a password manager. They are shown only now.',
    copy: 'Copy',
    download: 'Download',
    print: 'Print',
    fileName: 'recovery-codes.txt',
    fileTitle: (name: string, email: string | undefined) =>
      `Recovery codes of ${name}${email ? ` for ${email}` : ''}`,
    fileAbout: 'Each of these codes works once.',
    kept: 'I have kept these codes',
    keepFirst: 'Please keep them first: they are not shown again.',
    isMade: 'You have ten new recovery codes. The old ones no longer work.',
  },

  passkeys: {
    title: 'Passkeys',
    about: 'A passkey signs you in with your finger, your face or your PIN, without a password.',
    none: 'You have none yet.',
    unsupported: 'This browser can’t make passkeys.',
    add: 'Add a passkey',
    added: (when: string) => `Added on ${when}.`,
    lastUsed: (when: string) => `Last used on ${when}.`,
    neverUsed: 'Never used yet.',
    backedUp: 'Also on your other devices.',
    rename: 'Rename',
    renameOne: (name: string) => `Rename ${name}`,
    removeOne: (name: string) => `Remove ${name}`,
    name: 'Name',
    removeTitle: (name: string) => `Remove ${name}?`,
    removeMeans: 'It no longer signs you in. You can delete it from your device, too.',
    keep: 'Keep it',
    isAdded: (name: string) => `${name} is added. You can sign in with it from now on.`,
    isRenamed: (name: string) => `It is called ${name} now.`,
    isRemoved: (name: string) => `${name} is removed.`,
  },

  password: {
    title: 'Password',
    changedAt: (when: string) => `Last changed on ${when}.`,
    change: 'Change password',
    current: 'Current password',
    new: 'New password',
    means: 'You will be signed out on all other devices.',
    isChanged: 'Your password is changed, and all other devices are signed out.',
  },

  email: {
    title: 'Email address',
    change: 'Change address',
    new: 'New email address',
    isChanged: (email: string) => `Your address is ${email} now.`,
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
    about: 'For codes by text message. Nothing else is ever sent there.',
    add: 'Add a number',
    change: 'Change number',
    removeTitle: (number: string) => `Remove ${number}?`,
    removeMeans: 'No codes are sent there any more.',
    keep: 'Keep it',
    isChanged: (number: string) => `Codes by text message go to ${number} now.`,
    isRemoved: 'The number is removed.',
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
    revoke: 'Forget',
    revokeOne: (device: string) => `Forget ${device}`,
    revokeAll: 'Forget all',
    isRevoked: (device: string) => `${device} no longer skips the second step.`,
    areRevoked: 'No device skips the second step any more.',
  },

  waysIn: {
    title: 'If something gets lost or stolen',
    next: (step: string) => `Do this next: ${step}.`,
    otherwise: 'What would happen in all other cases',
    inEachCase: 'What would happen in each case',
    advice: {
      turnOnMfa: {
        why: 'Your password alone lets anyone in who has it. With a second step they would still need your phone.',
        do: 'turn on the second step',
      },
      setUpAuthenticator: {
        why: 'Whoever gets into your mailbox gets into this account: a new password is set there, and the codes go there. An authenticator app is in your hand alone.',
        do: 'set up an authenticator app',
      },
      makeRecoveryCodes: {
        why: 'You have no recovery code left. If you lose what you sign in with, one on paper still lets you in.',
        do: 'make recovery codes',
      },
    },
    good: 'There is nothing that would make this account much safer.',
    lost: {
      password: 'If you forget your password',
      mailbox: 'If you can’t get at your mailbox',
      passkey: (name: string) => `If you lose the passkey “${name}”`,
      authenticator: 'If you lose your authenticator app',
      phone: 'If you lose your phone number',
      otherMailbox: 'If you can’t get at the mailbox that codes go to',
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
    lockedOut: (lost: string) => `${lost}, you are locked out.`,
    stolen: {
      password: 'If someone learns your password',
      mailbox: 'If someone gets into your mailbox',
      passkey: (name: string) => `If someone takes the device with the passkey “${name}”`,
      authenticator: 'If someone takes your authenticator app',
      phone: 'If someone takes over your phone number',
      otherMailbox: 'If someone gets into the mailbox that codes go to',
      recoveryCodes: 'If someone finds your recovery codes',
    },
    letsIn: {
      password: 'they are in: nothing else is asked for.',
      mailbox: 'they are in: they can set a new password.',
      mailboxForBoth: 'they are in: they can set a new password, and the codes go there, too.',
      other: 'they are in.',
    },
    keptOut: {
      password: 'they are stopped by your second step.',
      mailbox: 'they can set a new password, but are stopped by your second step.',
      passkey:
        'they are stopped: it asks for your finger, your face or your PIN, or for your password.',
      other: 'they are stopped: your password is asked for, too.',
    },
  },

  activity: {
    title: 'What happened lately',
    more: 'Show more',
    from: (device: string, address: string) => `${device}, from ${address}`,
    noMore: 'That is all.',
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
      passkey: 'Someone tried to sign in with a passkey that was not accepted.',
    },
    ended: {
      signed_out: 'You signed out.',
      refresh_token_reused:
        'A session was ended because it was used from two places: it may have been stolen.',
      others: 'You signed out everywhere else.',
      one: 'You signed out one device.',
    },
    byOperator: {
      'account.created': 'Whoever runs this service made this account for you.',
      'account.suspended': 'Whoever runs this service suspended this account.',
      'account.unsuspended': 'Whoever runs this service restored this account.',
      'mfa.off': 'Whoever runs this service turned your second step off.',
      'session.ended': 'Whoever runs this service signed you out everywhere.',
      'password.reset_required': 'Whoever runs this service asked you for a new password.',
      'admin.added': 'You became an operator: you may help other people with their accounts.',
      'admin.removed': 'You are no operator any more.',
    },
    reason: (reason: string) => `The reason given: “${reason}”`,
    undone: {
      'account.deleted': 'account deleted',
      'mfa.on': 'second step turned on',
      'mfa.off': 'second step turned off',
      'mfa.method_added': 'method of the second step set up',
      'mfa.method_changed': 'method of the second step changed',
      'mfa.method_removed': 'method of the second step removed',
      'passkey.added': 'passkey added',
      'passkey.removed': 'passkey removed',
      'recovery_codes.generated': 'recovery codes made anew',
      'password.changed': 'password changed',
      'password.reset': 'password set anew by email',
      'email.changed': 'email address changed',
      'phone.changed': 'phone number changed',
    },
    types: {
      'account.created': 'You created this account.',
      'account.createdByImport': 'This account was brought over from another system.',
      'mfa.off': 'You turned your second step off.',
      'passkey.refused': (passkey: string) =>
        `The passkey “${passkey}” was refused: there may be a copy of it.`,
      'mfa.on': (method: string) => `You turned your second step on: ${method}.`,
      'mfa.method_added': (method: string) => `You set up ${method} as your second step.`,
      'mfa.method_changed': (method: string) => `You changed your second step to ${method}.`,
      'mfa.method_removed': (method: string) =>
        `You removed a method of your second step: ${method}.`,
      'passkey.added': (passkey: string) => `You added the passkey “${passkey}”.`,
      'passkey.renamed': (passkey: string) => `You renamed a passkey to “${passkey}”.`,
      'passkey.removed': (passkey: string) => `You removed the passkey “${passkey}”.`,
      'recovery_codes.generated': 'You made ten recovery codes.',
      'recovery_code.used': (left: number) => `A recovery code was used; ${left} are left.`,
      'password.changed': 'You changed your password.',
      'password.reset': 'Your password was set anew by email.',
      'email.changed': 'You changed your email address.',
      'phone.changed': 'You changed your phone number.',
      'device.trusted': 'A device was allowed to skip the second step.',
      'device.revokedOne': 'One device no longer skips the second step.',
      'device.revokedAll': 'No device skips the second step any more.',
      'account.deleted': 'You deleted this account.',
      'language.changed': 'You chose another language for messages.',
      'account.erased': 'This account was erased.',
      'change.undone': (change: string) => `This was undone: ${change}.`,
    },
  },

  stepUp: {
    title: 'Please confirm that it’s you',
    why: 'To change how you sign in, we ask you once more.',
    byPasskey: 'Confirm with a passkey',
    submit: 'Confirm',
    wrongPassword: 'That isn’t your password.',
  },

  deletion: {
    title: 'Delete this account',
    about: 'You are signed out everywhere at once, and nobody can sign in any more.',
    start: 'Delete account …',
    means: (email: string) =>
      `The account is closed at once. We write to ${email}: for seven days, a link in that email brings it back. Then everything is erased for good.`,
    submit: 'Delete my account',
    doneTitle: 'Your account is closed',
    doneMeans: (email: string) =>
      `You are signed out everywhere. Changed your mind? We’ve written to ${email}: until seven days from now, the link in that email brings everything back. After that it is erased for good.`,
    toSignIn: 'To the sign-in page',
  },

  problems: {
    invalid_current_password: 'That isn’t your current password.',
    invalid_code: 'That code isn’t right. Please use the newest one.',
    address_taken: 'Another account has this address. Please use another one.',
    last_method:
      'This is the only method left. Set up another one first, or turn the second step off.',
    method_not_set_up: 'This method isn’t set up any more. Please begin again.',
    too_many_passkeys: 'You have as many passkeys as there can be. Remove one first.',
    passkey_known: 'This device has a passkey for this account already.',
    not_found: 'That was gone already.',
    unavailable: 'The service can’t take this on now. Please try again in a minute.',
    invalid_phone_number: 'Texts can’t be sent to this number. Please type your mobile number.',
    invalid_name: 'Please type a name, 64 characters at most.',
  },
}

/** What a language must have: all of it. */
export type SecurityText = typeof security

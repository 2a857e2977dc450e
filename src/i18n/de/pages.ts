import type { PagesText } from '../en/pages.ts'

/** Every sentence of the pages, in German, with “du”. */
export const pages: PagesText = {
  titles: {
    signin: 'Anmelden',
    signup: 'Konto anlegen',
    forgot: 'Passwort vergessen',
    security: 'Deine Sicherheit',
    undo: 'Änderung rückgängig machen',
    invitation: 'Einladung',
    start: 'Willkommen',
    inbox: 'Entwickler-Postfach',
    app: 'Anwendung',
  },
  common: {
    noScript:
      'Diese Seite braucht JavaScript. Bitte erlaube es hier, oder öffne die Seite in einem anderen Browser.',
    language: 'Sprache',
    email: 'E-Mail-Adresse',
    password: 'Passwort',
    showPassword: 'Passwort zeigen',
    hidePassword: 'Passwort verbergen',
    code: 'Code',
    resend: 'Code noch einmal senden',
    resendIn: (wait: string) => `In ${wait} kannst du einen neuen anfordern.`,
    codeSentTo: (where: string) => `Wir haben einen Code an ${where} gesendet.`,
    resent: 'Ein neuer ist unterwegs.',
    invalidOrExpiredCode: 'Der Code stimmt nicht oder ist abgelaufen.',
    onlyDomains: (domains: string) => `Bitte verwende eine Adresse von ${domains}.`,
    linkIncomplete: 'Dieser Link ist unvollständig',
    openLinkAgain:
      'Bitte öffne ihn noch einmal aus der Nachricht. Wenn das nicht hilft, kopiere den ganzen Link in die Adresszeile.',
    tryAgain: 'Noch einmal versuchen',
    required: 'Bitte fülle dieses Feld aus.',
    nothingIsSent: 'Dies ist ein Entwicklungsdienst: Es wird nichts wirklich gesendet.',
    openInbox: 'Zum Entwickler-Postfach',
    back: 'Zurück',
    cancel: 'Abbrechen',
    working: 'Einen Moment …',
    or: 'oder',
  },
  methods: {
    passkey: 'Passkey',
    authenticator: 'Authenticator-App',
    sms: 'Code per SMS',
    email: 'Code per E-Mail',
    recoveryCode: 'Wiederherstellungscode',
  },
  signIn: {
    toApp: (app: string) => `Melde dich an, um zu ${app} zu gelangen.`,
    title: 'Anmelden',
    submit: 'Anmelden',
    withPasskey: 'Mit Passkey anmelden',
    forgot: 'Passwort vergessen?',
    noAccount: 'Neu hier?',
    signUp: 'Konto anlegen',
    byInvitation: 'Konten gibt es auf Einladung.',
  },
  secondStep: {
    title: 'Noch ein Schritt',
    authenticator: 'Gib die sechs Ziffern ein, die deine Authenticator-App anzeigt.',
    sms: 'Gib den Code aus der SMS ein.',
    email: 'Gib den Code aus der E-Mail ein.',
    recoveryCode:
      'Gib einen der Wiederherstellungscodes ein, die du gespeichert hast. Jeder gilt einmal.',
    passkey: 'Verwende deinen Passkey: Fingerabdruck, Gesicht, PIN oder Sicherheitsschlüssel.',
    usePasskey: 'Passkey verwenden',
    submit: 'Weiter',
    remember: 'Auf diesem Gerät 30 Tage lang nicht mehr fragen',
    otherWays: 'Ein anderer Weg',
    attemptsLeft: (count: number) =>
      count === 1 ? 'Du hast noch einen Versuch.' : `Du hast noch ${count} Versuche.`,
    notSent:
      'Gerade konnte kein Code gesendet werden. Wenn du eben einen bekommen hast, gib diesen ein oder wähle einen anderen Weg.',
    startOver: 'Von vorn beginnen',
  },
  newPassword: {
    label: 'Neues Passwort',
    advice: (least: number) =>
      `Mindestens ${least} Zeichen. Mehrere Wörter hintereinander sind stark und leicht zu merken.`,
    more: (count: number) => (count === 1 ? 'Noch ein Zeichen.' : `Noch ${count} Zeichen.`),
    longEnough: 'Lang genug. Ab 15 Zeichen ist es auch ohne zweiten Schritt stark.',
    strong: 'Stark, auch ohne zweiten Schritt.',
    tooShort: (least: number) =>
      `Bitte verwende mindestens ${least} Zeichen. Mehrere Wörter hintereinander sind stark und leicht zu merken.`,
    tooLong: 'Dieses Passwort ist zu lang. Bitte verwende weniger Zeichen.',
    common:
      'Dieses Passwort probieren Angreifer als eines der ersten aus. Bitte wähle ein anderes.',
    known: 'Wer dich kennt, kann dieses Passwort leicht erraten. Bitte wähle ein anderes.',
  },
  signUp: {
    title: 'Konto anlegen',
    submit: 'Weiter',
    haveAccount: 'Hast du schon ein Konto?',
    signIn: 'Anmelden',
    checkMail: 'Schau in deine E-Mails',
    sentTo: (where: string) =>
      `Wir haben eine E-Mail an ${where} gesendet. Gib die sechs Ziffern daraus ein; sie gelten 15 Minuten.`,
    ifNoCode: 'Kein Code in der E-Mail? Dort steht, warum und wie es weitergeht.',
    create: 'Konto anlegen',
    otherAddress: 'Andere Adresse verwenden',
    byInvitation: 'Nur auf Einladung',
    ifInvited: 'Wenn du eingeladen wurdest, öffne den Link in der E-Mail. Er gilt eine Woche.',
    ifNotInvited: 'Wenn nicht, bitte den Betreiber dieses Dienstes um eine Einladung.',
  },
  forgot: {
    title: 'Passwort vergessen',
    about: 'Wir senden dir einen Code, mit dem du ein neues Passwort wählen kannst.',
    submit: 'Code senden',
    choose: 'Neues Passwort wählen',
    sentTo: (where: string) =>
      `Wenn es zu ${where} ein Konto gibt, ist ein Code dorthin unterwegs. Er gilt 15 Minuten.`,
    code: 'Code aus der Nachricht',
    set: 'Passwort festlegen',
    done: 'Dein neues Passwort ist festgelegt',
    signedOut: 'Du wurdest überall abgemeldet. Bitte melde dich mit dem neuen Passwort an.',
    signIn: 'Anmelden',
    backToSignIn: 'Zurück zur Anmeldung',
  },
  undo: {
    title: 'Warst du das nicht?',
    about:
      'Wenn die Änderung, über die wir dich informiert haben, nicht von dir war, kannst du sie hier rückgängig machen:',
    whatHappens: [
      'E-Mail-Adresse, Passwort, Telefonnummer und zweiter Schritt sind dann wieder wie vorher. Auch alle späteren Änderungen werden rückgängig gemacht.',
      'Alle Geräte werden abgemeldet, auch deine.',
      'Danach wählst du ein neues Passwort. Bis dahin kann sich niemand anmelden.',
    ],
    submit: 'Änderung rückgängig machen',
    secondStepTitle: 'Bestätige mit deinem zweiten Schritt',
    whySecondStep:
      'Dein zweiter Schritt ist schon eine Weile an, deshalb reicht der Link allein nicht. Nimm eine Methode, die du jetzt hast oder vor der Änderung hattest.',
    ifItWasYou: 'Wenn du es warst, schließe diese Seite einfach. Das Öffnen ändert nichts.',
    undone: 'Die Änderung wurde rückgängig gemacht',
    nowPassword: (email: string) => `Wähle jetzt ein neues Passwort für ${email}.`,
    ifLeft: 'Wenn du diese Seite vorher schließt, wähle beim Anmelden „Passwort vergessen?“.',
    set: 'Passwort festlegen',
    done: 'Dein Konto gehört wieder dir',
    signedOut:
      'Dein neues Passwort ist festgelegt, und alle Geräte wurden abgemeldet. Bitte melde dich damit an.',
    signIn: 'Anmelden',
    expiredTitle: 'Das lässt sich nicht mehr rückgängig machen',
    whyTooLate:
      'Der Link wurde schon benutzt oder ist abgelaufen, oder die Änderung wurde mit einer früheren rückgängig gemacht.',
    ifLockedOut: 'Wenn du dich nicht anmelden kannst, wähle ein neues Passwort.',
  },
  leftovers: {
    changes:
      'Auch diese Änderungen wurden gemacht. Wenn eine nicht von dir war, öffne den Link in der Nachricht dazu:',
    passkeys:
      'Dein Konto hat diese Passkeys. Entferne nach dem Anmelden alle, die du nicht kennst:',
  },
  changes: {
    'account.deleted': 'Konto gelöscht',
    'mfa.on': 'zweiter Schritt eingeschaltet',
    'mfa.off': 'zweiter Schritt ausgeschaltet',
    'mfa.method_added': 'Methode für den zweiten Schritt eingerichtet',
    'mfa.method_changed': 'Methode für den zweiten Schritt geändert',
    'mfa.method_removed': 'Methode für den zweiten Schritt entfernt',
    'passkey.added': 'Passkey hinzugefügt',
    'passkey.removed': 'Passkey entfernt',
    'recovery_codes.generated': 'Wiederherstellungscodes neu angelegt',
    'password.changed': 'Passwort geändert',
    'password.reset': 'Passwort per E-Mail zurückgesetzt',
    'email.changed': 'E-Mail-Adresse geändert',
    'phone.changed': 'Telefonnummer geändert',
    'change.undone': 'Änderung rückgängig gemacht',
  },
  start: {
    title: (name: string) => `${name} läuft`,
    about:
      'Ein Anmeldedienst, bei dem jeder selbst über seinen zweiten Schritt bestimmt. Dies ist ein Entwicklungsdienst.',
    tryIt: 'Ausprobieren',
    signUp: 'Konto anlegen',
    signUpAbout: 'mit beliebiger Adresse und beliebigem Passwort. Es wird nichts gesendet.',
    inbox: 'Zum Entwickler-Postfach',
    inboxAbout: 'Dort ist jeder Code und jede Nachricht.',
    signIn: 'Anmelden',
    signInAbout: 'mit Passwort oder Passkey.',
    security: 'Deine Sicherheit',
    securityAbout:
      'Schalte deinen zweiten Schritt ein und aus, lege einen Passkey an, sieh nach, wo du angemeldet bist.',
    build: 'Damit entwickeln',
    reference: 'Die Referenz',
    referenceAbout: 'Alle Aufrufe, beschrieben und zum Ausprobieren, auf Englisch.',
    errors: 'Fehler',
    errorsAbout: 'Jeder Fehlercode mit Ursache und Abhilfe, auf Englisch.',
    openapi: 'Die Referenz, für Programme.',
    keys: 'Die Schlüssel',
    keysAbout: 'Damit prüft jede JOSE-Bibliothek Zugriffstokens.',
  },
  inbox: {
    title: 'Entwickler-Postfach',
    about:
      'E-Mails und SMS erscheinen hier, solange kein Mailserver oder SMS-Anbieter eingerichtet ist. Neue erscheinen automatisch.',
    none: 'Noch keine Nachrichten.',
    signUp: 'Lege ein Konto an, und der Code erscheint hier.',
    email: (to: string) => `E-Mail an ${to}`,
    sms: (to: string) => `SMS an ${to}`,
    text: 'SMS',
    copy: 'Kopieren',
    copied: 'Kopiert',
    arrived: (count: number) =>
      count === 1 ? 'Eine neue Nachricht ist da.' : `${count} neue Nachrichten sind da.`,
    lost: 'Der Dienst ist nicht zu erreichen. Neuer Versuch …',
    start: 'Zum Anfang',
  },
  retry: {
    network: (wait: string) => `Der Dienst ist nicht zu erreichen. Neuer Versuch in ${wait} …`,
    too_many_attempts: (wait: string) => `Das waren zu viele Anfragen. Neuer Versuch in ${wait} …`,
    unavailable: (wait: string) =>
      `Der Dienst ist gerade nicht verfügbar. Neuer Versuch in ${wait} …`,
  },
  problems: {
    invalid_credentials: 'E-Mail-Adresse oder Passwort ist falsch.',
    invalid_code: 'Der Code stimmt nicht.',
    invalid_passkey:
      'Der Passkey wurde nicht angenommen. Bitte versuche es noch einmal oder wähle einen anderen Weg.',
    mfa_token_expired:
      'Das hat zu lange gedauert, oder es waren zu viele Versuche. Bitte fang noch einmal an.',
    sign_up_token_expired:
      'Das hat zu lange gedauert, oder es waren zu viele Versuche. Bitte fordere einen neuen Code an.',
    invitation_required: 'Konten gibt es hier auf Einladung.',
    email_domain_not_allowed: 'Adressen dieser Domain gehen hier nicht.',
    authorization_expired:
      'Das hat zu lange gedauert oder ist schon erledigt. Bitte fang in der Anwendung noch einmal an.',
    passkey_token_expired: 'Das hat zu lange gedauert. Bitte versuche es noch einmal.',
    password_reset_required: 'Dieses Konto braucht zuerst ein neues Passwort. Bitte wähle eins.',
    account_suspended:
      'Dieses Konto wurde vom Betreiber dieses Dienstes gesperrt. Wenn du das für einen Irrtum hältst, wende dich bitte an ihn.',
    too_many_attempts: (wait: string) =>
      `Das waren zu viele Versuche. Bitte versuche es in ${wait} noch einmal.`,
    too_many_messages: (wait: string) =>
      `Es wurden zu viele Nachrichten angefordert. Bitte versuche es in ${wait} noch einmal.`,
    sms_unavailable: 'Gerade kann keine SMS gesendet werden. Bitte wähle einen anderen Weg.',
    unavailable:
      'Das geht in diesem Moment nicht. Bitte versuche es in ein paar Sekunden noch einmal.',
    reset_token_expired:
      'Das hat zu lange gedauert. Bitte fordere beim Anmelden unter „Passwort vergessen?“ einen Code an.',
    invalid_email: 'An diese Adresse können wir keine E-Mail senden. Hast du dich vertippt?',
    passkey_failed:
      'Dein Browser konnte hier keinen Passkey verwenden. Bitte versuche es noch einmal oder wähle einen anderen Weg.',
    network:
      'Der Dienst ist nicht zu erreichen. Bitte prüfe deine Verbindung und versuche es noch einmal.',
    unknown: (requestId: string) =>
      `Bei uns ist etwas schiefgegangen. Bitte versuche es noch einmal. Wenn es wieder passiert, nenne uns bitte diese Nummer: ${requestId}.`,
  },
  seconds: (count: number) => (count === 1 ? 'einer Sekunde' : `${count} Sekunden`),
  minutes: (count: number) => (count === 1 ? 'einer Minute' : `${count} Minuten`),
  hours: (count: number) => (count === 1 ? 'einer Stunde' : `${count} Stunden`),
}

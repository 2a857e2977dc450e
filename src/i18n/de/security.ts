import type { SecurityText } from '../en/security.ts'
import { accountApps as apps } from './account-apps.ts'
import { activity } from './activity.ts'
import { profile } from './profile.ts'
import { recoveryCodes } from './recovery-codes.ts'
import { sessions } from './sessions.ts'
import { waysIn } from './ways-in.ts'

/** Every sentence of the security page, in German, with “du”. */
export const security: SecurityText = {
  title: 'Deine Sicherheit',
  signedInAs: (email: string) => `Du bist als ${email} angemeldet.`,
  otherAccount:
    'In diesem Browser hat sich jemand mit einem anderen Konto angemeldet. Diese Seite zeigt jetzt dieses Konto.',
  signOut: 'Abmelden',
  showAll: (count: number) => `Alle ${count} anzeigen`,
  tryAgain: 'Noch einmal versuchen',
  done: 'Fertig',
  save: 'Speichern',
  remove: 'Entfernen',
  sendCode: 'Code senden',
  copied: 'Kopiert',
  copyFailed: 'Das ließ sich nicht kopieren. Bitte markiere es und kopiere es von Hand.',
  unknownUserAgent: 'Unbekanntes Gerät',
  userAgent: (browser: string, system: string) => `${browser} auf ${system}`,
  notifiedByEmail: (email: string) =>
    `Wir haben dir eine E-Mail an ${email} geschickt; darüber kannst du es rückgängig machen.`,

  methods: {
    passkey: 'Passkey',
    authenticator: 'Authenticator-App',
    sms: 'Codes per SMS',
    email: 'Codes per E-Mail',
  },

  mfa: {
    title: 'Zweiter Schritt beim Anmelden',
    off: 'Nur dein Passwort schützt dieses Konto.',
    offMeans:
      'Wer es erfährt, kann sich anmelden. Ein zweiter Schritt verhindert das und ist in einer Minute eingerichtet.',
    on: (method: string) => `Dein zweiter Schritt ist an: ${method}.`,
    alsoWorks: (methods: string) => `Auch möglich: ${methods}.`,
    turnOn: 'Zweiten Schritt einschalten',
    change: 'Methode ändern',
    turnOff: 'Ausschalten',
    turnOffTitle: 'Zweiten Schritt ausschalten?',
    turnOffMeans: 'Ab dann genügt dein Passwort, um sich bei diesem Konto anzumelden.',
    keepOn: 'Eingeschaltet lassen',
    isOff: (email: string) =>
      `Dein zweiter Schritt ist aus. Wir haben dir eine E-Mail an ${email} geschickt; darüber kannst du es sieben Tage lang rückgängig machen.`,
    isOn: 'Das ist eingerichtet. Wir haben dir dazu eine E-Mail geschickt.',
    required: (name: string) =>
      `${name} verlangt von allen einen zweiten Schritt; deshalb lässt er sich nicht ausschalten.`,
    setUpTitle: 'Richte deinen zweiten Schritt ein',
    setUpWhy: (name: string) =>
      `${name} verlangt von allen einen zweiten Schritt. Das dauert eine Minute; dann geht es weiter.`,
  },

  removal: {
    authenticator: {
      start: 'Authenticator-App entfernen',
      title: 'Authenticator-App entfernen?',
      means: (method: string) =>
        `Mit ihren Codes kannst du dich dann nicht mehr anmelden. Dein zweiter Schritt bleibt an: ${method}.`,
      meansOtherwise: 'Wenn du wieder eine App verwenden willst, musst du sie neu einrichten.',
      confirm: 'Entfernen',
      keep: 'Behalten',
      done: 'Die Authenticator-App wurde entfernt.',
    },
    email: {
      start: 'Auf Codes per E-Mail verzichten',
      title: 'Auf Codes per E-Mail verzichten?',
      means: (method: string) =>
        `Du kannst dich dann nicht mehr damit anmelden. Dein zweiter Schritt bleibt an: ${method}.`,
      meansOtherwise: 'Wenn du sie wieder verwenden willst, musst du sie neu einrichten.',
      confirm: 'Darauf verzichten',
      keep: 'Weiter verwenden',
      done: 'Mit Codes per E-Mail kannst du dich jetzt nicht mehr anmelden.',
    },
  },

  confirm: {
    pendingTitle: 'Schon eingerichtet, aber noch nicht verwendet',
    pendingMeans: (count: number) =>
      `Bitte bestätige zu deiner Sicherheit ${count === 1 ? 'diese Methode' : 'jede Methode'} einmal. Danach kannst du dich auch damit anmelden.`,
    submit: 'Bestätigen',
    titles: {
      passkey: 'Passkey bestätigen',
      authenticator: 'Authenticator-App bestätigen',
      sms: 'Codes per SMS bestätigen',
      email: 'Codes per E-Mail bestätigen',
    },
    passkeyNotUsed:
      'Es wurde kein Passkey verwendet. Bitte versuche es noch einmal oder nimm das Gerät, auf dem er ist.',
    done: {
      passkey: 'Bestätigt. Du kannst dich jetzt mit deinem Passkey anmelden.',
      authenticator: 'Bestätigt. Du kannst dich jetzt mit deiner Authenticator-App anmelden.',
      sms: 'Bestätigt. Du kannst dich jetzt mit einem Code per SMS anmelden.',
      email: 'Bestätigt. Du kannst dich jetzt mit einem Code per E-Mail anmelden.',
    },
  },

  choose: {
    title: 'Wie möchtest du bestätigen, dass du es bist?',
    endsOthers: 'Auf allen anderen Geräten wirst du dabei abgemeldet.',
    inUse: 'wird gerade verwendet',
    about: {
      passkey: 'Fingerabdruck, Gesicht oder PIN. Am sichersten, und du musst nichts eintippen.',
      authenticator: 'Eine App auf deinem Telefon zeigt Codes an, auch ohne Internet.',
      sms: 'Wir schicken dir einen Code aufs Telefon. Wer deine Nummer übernimmt, bekommt ihn auch.',
      email:
        'Wir schicken dir einen Code per E-Mail. Wer Zugriff auf dein Postfach hat, bekommt ihn auch.',
    },
  },

  authenticator: {
    title: 'Richte deine Authenticator-App ein',
    scan: 'Öffne die App, füge ein Konto hinzu und scanne diesen Code:',
    qrCode: 'QR-Code für deine Authenticator-App',
    open: 'In der Authenticator-App öffnen',
    orType: 'Oder gib diesen Schlüssel in der App ein:',
    copyKey: 'Schlüssel kopieren',
    code: 'Sechsstelliger Code aus der App',
    submit: 'Einschalten',
    knownTitle: 'Verwende deine Authenticator-App',
    known: 'Deine App ist schon eingerichtet. Gib den Code ein, den sie anzeigt.',
    another: 'Stattdessen eine neue App einrichten',
  },

  passkey: {
    title: 'Verwende einen Passkey',
    use: 'Passkey verwenden',
    explain: 'Dein Gerät fragt jetzt nach deinem Fingerabdruck, deinem Gesicht oder deiner PIN.',
    made: 'Dein Passkey ist angelegt. Verwende ihn noch einmal, um den zweiten Schritt einzuschalten.',
    notShown:
      'Es wurde kein Passkey verwendet. Wenn deiner auf einem anderen Gerät ist, lege einen für dieses Gerät an.',
    makeHere: 'Passkey auf diesem Gerät anlegen',
    notMade:
      'Es wurde kein Passkey angelegt. Bitte versuche es noch einmal oder wähle eine andere Methode.',
  },

  sms: {
    title: 'Codes per SMS bekommen',
    toKnown: (number: string) => `Code an ${number} senden`,
    another: 'Eine andere Nummer verwenden',
  },

  emailCode: {
    title: 'Codes per E-Mail bekommen',
    toOwn: 'Wir schicken den Code an die E-Mail-Adresse deines Kontos.',
    toKnown: 'Wir schicken einen Code an die Adresse, die du dafür gewählt hast.',
  },

  phoneField: {
    country: 'Land',
    number: 'Handynummer',
  },

  code: {
    title: 'Gib den Code ein',
    submit: 'Bestätigen',
  },

  recoveryCodes,

  passkeys: {
    title: 'Passkeys',
    about:
      'Mit einem Passkey meldest du dich mit Fingerabdruck, Gesicht oder PIN an, ganz ohne Passwort.',
    none: 'Du hast noch keinen.',
    unsupported: 'Dieser Browser kann keine Passkeys anlegen.',
    add: 'Passkey hinzufügen',
    added: (when: string) => `Hinzugefügt am ${when}.`,
    lastUsed: (when: string) => `Zuletzt benutzt am ${when}.`,
    neverUsed: 'Noch nie benutzt.',
    backedUp: 'Auch auf deinen anderen Geräten.',
    unconfirmed: 'Du kannst dich noch nicht damit anmelden. Bitte bestätige ihn einmal.',
    rename: 'Umbenennen',
    renameOne: (name: string) => `${name} umbenennen`,
    confirmOne: (name: string) => `${name} bestätigen`,
    removeOne: (name: string) => `${name} entfernen`,
    name: 'Name',
    removeTitle: (name: string) => `${name} entfernen?`,
    removeMeans:
      'Du kannst dich dann nicht mehr damit anmelden. Du kannst ihn auch auf deinem Gerät löschen.',
    keep: 'Behalten',
    isAdded: (name: string) => `${name} wurde hinzugefügt. Du kannst dich jetzt damit anmelden.`,
    isAddedUnconfirmed: (name: string) =>
      `${name} wurde hinzugefügt. Bitte bestätige ihn einmal; danach kannst du dich damit anmelden.`,
    isConfirmed: (name: string) => `${name} ist bestätigt. Du kannst dich jetzt damit anmelden.`,
    isRenamed: (name: string) => `Er heißt jetzt ${name}.`,
    isRemoved: (name: string) => `${name} wurde entfernt.`,
  },

  password: {
    title: 'Passwort',
    changedAt: (when: string) => `Zuletzt geändert am ${when}.`,
    change: 'Passwort ändern',
    current: 'Aktuelles Passwort',
    new: 'Neues Passwort',
    means: 'Auf allen anderen Geräten wirst du dabei abgemeldet.',
    isChanged: 'Dein Passwort wurde geändert, und alle anderen Geräte sind abgemeldet.',
  },

  email: {
    title: 'E-Mail-Adresse',
    change: 'Adresse ändern',
    new: 'Neue E-Mail-Adresse',
    isChanged: (email: string) => `Deine Adresse ist jetzt ${email}.`,
  },

  language: {
    title: 'Sprache der Nachrichten',
    now: (name) => `Wir schreiben dir auf ${name}.`,
    choose: (name) => `Auf ${name} umstellen`,
    isChosen: (name) => `Ab jetzt schreiben wir dir auf ${name}.`,
  },

  phone: {
    title: 'Telefonnummer',
    none: 'Keine.',
    about: 'Für Codes per SMS. Etwas anderes schicken wir nie dorthin.',
    notForSignIn: 'Wird nicht zum Anmelden verwendet.',
    useForSignIn: 'Codes per SMS zum Anmelden verwenden',
    add: 'Nummer hinzufügen',
    change: 'Nummer ändern',
    removeTitle: (number: string) => `${number} entfernen?`,
    removeMeans: 'Wir schicken dann keine Codes mehr dorthin.',
    keep: 'Behalten',
    isChanged: (number: string) => `Deine Nummer ist jetzt ${number}.`,
    isRemoved: 'Die Nummer wurde entfernt.',
  },

  trustedDevices: {
    title: 'Geräte, die nicht nach dem zweiten Schritt fragen',
    since: (when: string) => `Gemerkt am ${when}`,
    until: (when: string) => `bis ${when}`,
    revoke: 'Entfernen',
    revokeOne: (device: string) => `${device} entfernen`,
    revokeAll: 'Alle entfernen',
    isRevoked: (device: string) => `${device} fragt wieder nach dem zweiten Schritt.`,
    areRevoked: 'Jedes Gerät fragt wieder nach dem zweiten Schritt.',
  },

  waysIn,
  profile,
  apps,
  sessions,

  activity,

  stepUp: {
    title: 'Bitte bestätige, dass du es bist',
    why: 'Bevor du änderst, wie du dich anmeldest, bestätige dies bitte noch einmal.',
    byPasskey: 'Mit Passkey bestätigen',
    submit: 'Bestätigen',
  },

  deletion: {
    title: 'Dieses Konto löschen',
    about: 'Du wirst sofort überall abgemeldet, und niemand kann sich mehr anmelden.',
    start: 'Konto löschen …',
    means: (email: string) =>
      `Das Konto wird sofort geschlossen. Wir schicken eine E-Mail an ${email}: Mit dem Link darin kannst du es sieben Tage lang wiederherstellen. Danach wird alles endgültig gelöscht.`,
    submit: 'Mein Konto löschen',
    doneTitle: 'Dein Konto ist geschlossen',
    doneMeans: (email: string) =>
      `Du bist überall abgemeldet. Hast du es dir anders überlegt? Wir haben eine E-Mail an ${email} geschickt: Mit dem Link darin kannst du sieben Tage lang alles wiederherstellen. Danach wird es endgültig gelöscht.`,
    toSignIn: 'Zur Anmeldung',
  },

  problems: {
    invalid_credentials: 'Das ist nicht dein Passwort.',
    invalid_code: 'Der Code stimmt nicht. Bitte verwende den neuesten.',
    address_taken: 'Ein anderes Konto verwendet diese Adresse. Bitte wähle eine andere.',
    last_method:
      'Das ist die letzte Methode. Richte zuerst eine andere ein oder schalte den zweiten Schritt aus.',
    mfa_is_off: 'Dein zweiter Schritt ist aus. Neue Codes bekommst du, wenn du ihn einschaltest.',
    insufficient_user_authentication:
      'Ein Code per E-Mail genügt dafür nicht. Bitte versuche es noch einmal und bestätige auf einem anderen Weg.',
    method_not_set_up: 'Diese Methode ist nicht mehr eingerichtet. Bitte fange noch einmal an.',
    too_many_passkeys: 'Du hast die Höchstzahl an Passkeys erreicht. Bitte entferne zuerst einen.',
    passkey_known: 'Auf diesem Gerät gibt es schon einen Passkey für dieses Konto.',
    not_found: 'Das wurde schon entfernt.',
    unavailable:
      'Der Dienst ist gerade nicht verfügbar. Bitte versuche es in einer Minute noch einmal.',
    invalid_phone_number:
      'An diese Nummer können wir keine SMS senden. Bitte gib deine Handynummer ein.',
    invalid_name: 'Bitte gib einen Namen mit höchstens 64 Zeichen ein.',
  },
}

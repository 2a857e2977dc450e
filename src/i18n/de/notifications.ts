import type { NotificationCatalogue } from '../notification-catalogue.ts'

const ignoreHint =
  'Wenn du das nicht warst, kannst du diese Nachricht ignorieren. Ohne den Code kann niemand etwas tun.'

/** The operator's reason, if there is one. */
const reasonGiven = (reason: string | null) =>
  reason ? [`Als Grund wurde genannt: „${reason}“`] : []

const templates: NotificationCatalogue['templates'] = {
  'sign-up-code': (_params, name, code) => ({
    subject: `${code} ist dein Code für ${name}`,
    paragraphs: [
      `Gib diesen Code ein, um dein Konto bei ${name} anzulegen. Er gilt 15 Minuten.`,
      ignoreHint,
    ],
  }),
  'sign-up-existing-address': (_params, name) => ({
    subject: `Du hast schon ein Konto bei ${name}`,
    paragraphs: [
      `Jemand, vermutlich du, wollte mit dieser Adresse ein Konto bei ${name} anlegen. Du hast schon ein Konto und kannst dich einfach anmelden.`,
      'Wenn du das nicht warst, brauchst du nichts zu tun. Es hat sich nichts geändert.',
    ],
  }),
  'sign-up-reserved-address': (_params, name) => ({
    subject: `Diese Adresse kann bei ${name} noch nicht verwendet werden`,
    paragraphs: [
      `Jemand, vermutlich du, wollte mit dieser Adresse ein Konto bei ${name} anlegen. Sie gehörte bis vor ein paar Tagen zu einem anderen Konto, dessen Inhaber sie noch zurückholen kann. Bitte versuche es in einer Woche noch einmal.`,
      'Wenn du das nicht warst, brauchst du nichts zu tun. Es hat sich nichts geändert.',
    ],
  }),
  invitation: (_params, name) => ({
    subject: `Einladung zu ${name}`,
    paragraphs: [
      `Der Betreiber von ${name} lädt dich ein, mit dieser Adresse ein Konto anzulegen.`,
      `Wenn du ${name} nicht kennst, kannst du diese Nachricht ignorieren. Es passiert nichts, solange du nicht annimmst.`,
    ],
  }),
  'sign-in-code': (_params, name, code) => ({
    subject: `${code} ist dein Code für ${name}`,
    paragraphs: [
      `Gib diesen Code ein, um dich bei ${name} anzumelden. Er gilt 5 Minuten. Verrate ihn niemandem.`,
      'Wenn du dich nicht gerade anmeldest, kennt jemand anderes dein Passwort. Bitte ändere es.',
    ],
  }),
  'undo-code': (_params, name, code) => ({
    subject: `${code} ist dein Code für ${name}`,
    paragraphs: [
      `Gib diesen Code ein, um eine Änderung an deinem Konto bei ${name} rückgängig zu machen. Er gilt 5 Minuten. Verrate ihn niemandem.`,
      'Wenn du nicht gerade einen solchen Link geöffnet hast, kann jemand anderes deine E-Mails lesen. Bitte ändere das Passwort deines Postfachs.',
    ],
  }),
  'set-up-code': (_params, name, code) => ({
    subject: `${code} ist dein Code für ${name}`,
    paragraphs: [
      `Gib diesen Code ein, um deine Anmeldecodes für ${name} künftig hier zu bekommen. Er gilt 5 Minuten.`,
      ignoreHint,
    ],
  }),
  'address-code': (_params, name, code) => ({
    subject: `${code} ist dein Code für ${name}`,
    paragraphs: [
      `Gib diesen Code ein, um diese Adresse bei ${name} zu verwenden. Er gilt 5 Minuten.`,
      ignoreHint,
    ],
  }),
  'reset-code': (_params, name, code) => ({
    subject: `${code} ist dein Code für ${name}`,
    paragraphs: [
      `Gib diesen Code ein, um ein neues Passwort für ${name} zu wählen. Er gilt 15 Minuten. Verrate ihn niemandem.`,
      ignoreHint,
    ],
  }),
  'reset-unknown-address': (_params, name) => ({
    subject: `Mit dieser Adresse hast du kein Konto bei ${name}`,
    paragraphs: [
      `Jemand, vermutlich du, wollte ein neues Passwort für ${name}. Zu dieser Adresse gibt es kein Konto. Vielleicht hast du dich mit einer anderen registriert.`,
      'Wenn du das nicht warst, brauchst du nichts zu tun.',
    ],
  }),
  'reset-suspended': (_params, name) => ({
    subject: `Dein Konto bei ${name} ist gesperrt`,
    paragraphs: [
      `Jemand, vermutlich du, wollte ein neues Passwort für ${name}. Der Betreiber von ${name} hat dein Konto gesperrt, deshalb kannst du gerade kein neues Passwort festlegen. Wenn du das für einen Irrtum hältst, wende dich bitte an ihn.`,
      'Wenn du das nicht warst, brauchst du nichts zu tun.',
    ],
  }),
  'mfa-on': ({ method, at }, name) => ({
    subject: `Dein zweiter Schritt für ${name} ist an`,
    paragraphs: [
      `Seit ${at} brauchst du zum Anmelden bei ${name} neben deinem Passwort einen zweiten Schritt: ${method}.`,
    ],
  }),
  'mfa-off': ({ at, reason }, name) => ({
    subject: `Dein zweiter Schritt für ${name} ist aus`,
    paragraphs: [
      `Seit ${at} genügt dein Passwort, um dich bei ${name} anzumelden.`,
      ...(reason ? [`Der Betreiber von ${name} hat ihn für dich ausgeschaltet.`] : []),
      ...reasonGiven(reason),
    ],
  }),
  'mfa-method-added': ({ method, at }, name) => ({
    subject: `Ein weiterer zweiter Schritt für ${name} wurde hinzugefügt`,
    paragraphs: [`Seit ${at} kannst du dich bei ${name} auch hiermit anmelden: ${method}.`],
  }),
  'mfa-method-changed': ({ method, at }, name) => ({
    subject: `Dein zweiter Schritt für ${name} wurde geändert`,
    paragraphs: [
      `Dein zweiter Schritt für ${name} wurde am ${at} geändert. Er ist jetzt: ${method}.`,
    ],
  }),
  'mfa-method-removed': ({ method, at }, name) => ({
    subject: `Ein zweiter Schritt für ${name} wurde entfernt`,
    paragraphs: [`Seit ${at} kannst du dich bei ${name} hiermit nicht mehr anmelden: ${method}.`],
  }),
  'passkey-added': ({ at }, name) => ({
    subject: `Ein Passkey für ${name} wurde hinzugefügt`,
    paragraphs: [
      `Seit ${at} hat dein Konto bei ${name} einen neuen Passkey. Wer ihn hat, kann sich damit anmelden.`,
    ],
  }),
  'passkey-added-unconfirmed': ({ at }, name) => ({
    subject: `Ein Passkey für ${name} wurde hinzugefügt`,
    paragraphs: [
      `Seit ${at} hat dein Konto bei ${name} einen neuen Passkey. Damit kann sich niemand anmelden, bis du ihn in deinen Einstellungen bestätigst.`,
    ],
  }),
  'passkey-removed': ({ at }, name) => ({
    subject: `Ein Passkey für ${name} wurde entfernt`,
    paragraphs: [
      `Seit ${at} kannst du dich mit einem deiner Passkeys nicht mehr bei ${name} anmelden.`,
    ],
  }),
  'passkey-cloned': ({ at }, name) => ({
    subject: `Ein Passkey für ${name} wurde abgelehnt`,
    paragraphs: [
      `Am ${at} haben wir einen deiner Passkeys für ${name} abgelehnt, weil er wie eine Kopie aussah. Niemand konnte sich damit anmelden.`,
      'Bitte melde dich auf anderem Weg an, entferne diesen Passkey und richte einen neuen ein.',
    ],
  }),
  'recovery-codes-generated': ({ at }, name) => ({
    subject: `Du hast neue Wiederherstellungscodes für ${name}`,
    paragraphs: [
      `Am ${at} wurden zehn neue Wiederherstellungscodes erstellt. Die alten gelten nicht mehr.`,
    ],
  }),
  'recovery-code-used': ({ remaining, at }, name) => ({
    subject: `Ein Wiederherstellungscode für ${name} wurde benutzt`,
    paragraphs: [
      `Am ${at} hat sich jemand mit einem deiner Wiederherstellungscodes bei ${name} angemeldet. Du hast noch ${remaining}.${
        remaining <= 3 ? ' Bitte erstelle bald neue.' : ''
      }`,
      'Wenn du das nicht warst, ändere bitte jetzt dein Passwort und erstelle neue Wiederherstellungscodes.',
    ],
  }),
  'code-guessing-detected': ({ at }, name) => ({
    subject: `Jemand versucht, deine Codes für ${name} zu erraten`,
    paragraphs: [
      `Bis ${at} hat jemand, der dein Passwort für ${name} kennt, innerhalb eines Tages fünf falsche Codes eingegeben. Angemeldet wurde niemand.`,
      'Wenn du das nicht warst, ändere bitte dein Passwort, denn jemand anderes kennt es.',
    ],
  }),
  'password-changed': ({ at }, name) => ({
    subject: `Dein Passwort für ${name} wurde geändert`,
    paragraphs: [`Dein Passwort für ${name} wurde am ${at} geändert. Das alte gilt nicht mehr.`],
  }),
  'email-changed': ({ at }, name) => ({
    subject: `Deine E-Mail-Adresse für ${name} wurde geändert`,
    paragraphs: [
      `Seit ${at} meldest du dich bei ${name} mit einer anderen Adresse an, und unsere E-Mails gehen dorthin.`,
    ],
  }),
  'phone-changed': ({ at }, name) => ({
    subject: `Deine Telefonnummer für ${name} wurde geändert`,
    paragraphs: [`Seit ${at} gehen Codes per SMS für ${name} an eine andere Nummer.`],
  }),
  'app-allowed': ({ app, at }, name) => ({
    subject: `Du hast ${app} erlaubt, dein Konto bei ${name} zu benutzen`,
    paragraphs: [
      `Seit ${at} kann ${app} dich mit deinem Konto bei ${name} anmelden.`,
      'Wenn du das nicht warst, kann sich jemand anderes bei deinem Konto anmelden. Bitte entferne die Anwendung und ändere dein Passwort.',
    ],
  }),
  'app-first-used': ({ app, at }, name) => ({
    subject: `Du hast dich mit deinem Konto bei ${name} bei ${app} angemeldet`,
    paragraphs: [
      `Es war das erste Mal, am ${at}. ${app} gehört dem Betreiber von ${name} und hat deshalb nicht um Erlaubnis gefragt.`,
      'Wenn du das nicht warst, kann sich jemand anderes bei deinem Konto anmelden. Bitte ändere dein Passwort.',
    ],
  }),
  'account-deleted': ({ at }, name) => ({
    subject: `Dein Konto bei ${name} wurde gelöscht`,
    paragraphs: [
      `Am ${at} wurde dein Konto geschlossen. Nach sieben Tagen wird alles darin endgültig gelöscht.`,
    ],
  }),
  'account-created': (_params, name, code) => ({
    subject: `${code} ist dein Code für ${name}`,
    paragraphs: [
      `Der Betreiber von ${name} hat mit dieser Adresse ein Konto für dich angelegt. Wähle beim Anmelden „Passwort vergessen?“ und gib dann diesen Code und ein eigenes Passwort ein. Der Code gilt 15 Minuten; dort kannst du jederzeit einen neuen anfordern.`,
      'Wenn du das Konto nicht willst, brauchst du nichts zu tun. Ohne einen Code an diese Adresse kann sich niemand anmelden.',
    ],
  }),
  'account-created-with-password': (_params, name) => ({
    subject: `Du hast ein Konto bei ${name}`,
    paragraphs: [
      `Der Betreiber von ${name} hat mit dieser Adresse ein Konto für dich angelegt und das erste Passwort dafür gewählt. Melde dich damit an und wähle dann ein eigenes.`,
      'Wenn du das Passwort nicht bekommen hast, wähle beim Anmelden „Passwort vergessen?“.',
    ],
  }),
  'account-suspended': ({ at, reason }, name) => ({
    subject: `Dein Konto bei ${name} ist gesperrt`,
    paragraphs: [
      `Am ${at} hat der Betreiber von ${name} dein Konto gesperrt. Du bist überall abgemeldet, und niemand kann sich anmelden, bis er es wieder freigibt. Es geht nichts verloren.`,
      ...reasonGiven(reason),
      'Wenn du das für einen Irrtum hältst, wende dich bitte an ihn.',
    ],
  }),
  'account-unsuspended': ({ at, reason }, name) => ({
    subject: `Dein Konto bei ${name} ist wieder freigegeben`,
    paragraphs: [
      `Am ${at} hat der Betreiber von ${name} dein Konto wieder freigegeben. Du kannst dich wie zuvor anmelden.`,
      ...reasonGiven(reason),
    ],
  }),
  'sessions-ended': ({ at, reason }, name) => ({
    subject: `Du wurdest bei ${name} abgemeldet`,
    paragraphs: [
      `Am ${at} hat dich der Betreiber von ${name} überall abgemeldet. Bitte melde dich wieder an. Jedes Gerät fragt dann nach deinem zweiten Schritt, falls du einen hast.`,
      ...reasonGiven(reason),
    ],
  }),
  'password-reset-required': ({ at, reason }, name) => ({
    subject: `Bitte wähle ein neues Passwort für ${name}`,
    paragraphs: [
      `Am ${at} hat der Betreiber von ${name} ein neues Passwort für dein Konto verlangt. Du bist überall abgemeldet, und das alte Passwort gilt nicht mehr.`,
      ...reasonGiven(reason),
      'Ein Code ist unterwegs an die E-Mail-Adresse deines Kontos. Wähle beim Anmelden „Passwort vergessen?“; dort kannst du auch einen neuen Code anfordern.',
    ],
  }),
  'username-changed': ({ at, reason }, name) => ({
    subject: `Dein Benutzername bei ${name} wurde geändert`,
    paragraphs: [
      `Am ${at} hat der Betreiber von ${name} den Benutzernamen deines Kontos geändert oder entfernt. Du meldest dich an wie bisher, aber Anwendungen halten dich vielleicht für jemand Neuen, bis der Betreiber das dort angepasst hat.`,
      ...reasonGiven(reason),
      `In deinen Einstellungen steht, wie du jetzt heißt. Wenn du damit nicht gerechnet hast, wende dich bitte an den Betreiber von ${name}.`,
    ],
  }),
  'admin-added': ({ at }, name) => ({
    subject: `Du darfst bei ${name} jetzt anderen helfen`,
    paragraphs: [
      `Seit ${at} kannst du anderen mit ihren Konten helfen. Das gilt, solange dein zweiter Schritt eingeschaltet bleibt.`,
      `Wenn du damit nicht gerechnet hast, wende dich bitte an den Betreiber von ${name}.`,
    ],
  }),
  'admin-removed': ({ at }, name) => ({
    subject: `Du darfst bei ${name} anderen nicht mehr helfen`,
    paragraphs: [`Seit ${at} ist dein Konto wieder ein normales Konto.`],
  }),
  'change-undone': ({ at }, name) => ({
    subject: `Eine Änderung an deinem Konto bei ${name} wurde rückgängig gemacht`,
    paragraphs: [
      `Am ${at} wurde eine Änderung an deinem Konto über einen Link aus einer unserer Nachrichten rückgängig gemacht. Alle Geräte wurden abgemeldet, und niemand kann sich anmelden, bis ein neues Passwort festgelegt ist.`,
      'Wenn du noch keins festgelegt hast, tu es bitte jetzt: Wähle beim Anmelden „Passwort vergessen?“.',
    ],
  }),
}

/** Every sentence of the messages, in German, with “du”. */
export const notifications: NotificationCatalogue = {
  templates,
  methods: {
    passkey: 'ein Passkey',
    authenticator: 'eine Authenticator-App',
    sms: 'Codes per SMS',
    email: 'Codes per E-Mail',
  },
  undoIntro: (until) =>
    `Wenn du das nicht warst, kannst du es bis ${until} rückgängig machen. Dann meldest du dich wieder wie vorher an, und alle Geräte werden abgemeldet:`,
  undoLabel: 'Änderung rückgängig machen',
  invitation: {
    intro: (until) => `Um anzunehmen, wähle bis zum ${until} ein Passwort oder einen Passkey:`,
    label: 'Einladung öffnen',
  },
  undoElsewhere: (until) =>
    `Wenn du das nicht warst, kannst du es bis ${until} rückgängig machen: mit dem Link in der Nachricht an die Adresse deines Kontos.`,
  securityPageIntro:
    'Auf der Seite „Deine Sicherheit“ findest du alle Anwendungen und kannst sie entfernen:',
  securityPageLabel: '„Deine Sicherheit“ öffnen',
  digest: {
    subject: (subject, count) => `${subject} (${count}-mal)`,
    intro: (count) =>
      `Das ist innerhalb weniger Minuten ${count}-mal passiert. Damit dein Postfach nicht überläuft, steht alles in dieser einen Nachricht.`,
    shortened:
      'Die Liste ist gekürzt. Den Rest findest du in deinen Einstellungen unter „Letzte Aktivitäten“.',
    undoLabel: 'Diese Änderungen rückgängig machen',
  },
}

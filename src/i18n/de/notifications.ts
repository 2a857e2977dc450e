import type { NotificationCatalogue } from '../notification-catalogue.ts'

const ignoreHint =
  'Wenn du das nicht warst, kannst du diese Nachricht übergehen: Ohne den Code geschieht nichts.'

/** The operator's reason, if there is one. */
const reasonGiven = (reason: string | null | undefined) =>
  reason ? [`Als Grund wurde genannt: „${reason}“`] : []

const templates: NotificationCatalogue['templates'] = {
  'sign-up-code': (_params, name, code) => ({
    subject: `${code} ist dein Code für ${name}`,
    paragraphs: [
      `Gib diesen Code ein, um dein Konto bei ${name} fertig anzulegen. Er gilt 15 Minuten.`,
      ignoreHint,
    ],
  }),
  'sign-up-existing-address': (_params, name) => ({
    subject: `Du hast schon ein Konto bei ${name}`,
    paragraphs: [
      `Jemand, vermutlich du, wollte mit dieser Adresse ein Konto bei ${name} anlegen. Du hast schon eins: Melde dich einfach damit an.`,
      'Wenn du das nicht warst, brauchst du nichts zu tun: Es hat sich nichts geändert.',
    ],
  }),
  'sign-up-reserved-address': (_params, name) => ({
    subject: `Diese Adresse geht bei ${name} noch nicht`,
    paragraphs: [
      `Jemand, vermutlich du, wollte mit dieser Adresse ein Konto bei ${name} anlegen. Bis vor ein paar Tagen hatte sie ein anderes Konto, das sie noch zurückholen kann. Bitte versuch es in einer Woche noch einmal.`,
      'Wenn du das nicht warst, brauchst du nichts zu tun: Es hat sich nichts geändert.',
    ],
  }),
  'sign-in-code': (_params, name, code) => ({
    subject: `${code} ist dein Code für ${name}`,
    paragraphs: [
      `Gib diesen Code ein, um dich bei ${name} anzumelden. Er gilt 5 Minuten. Verrate ihn niemandem.`,
      'Wenn du dich nicht gerade anmeldest, kennt jemand dein Passwort: Bitte ändere es.',
    ],
  }),
  'set-up-code': (_params, name, code) => ({
    subject: `${code} ist dein Code für ${name}`,
    paragraphs: [
      `Gib diesen Code ein, damit Codes zum Anmelden bei ${name} hierher kommen. Er gilt 5 Minuten.`,
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
      `Jemand, vermutlich du, wollte ein neues Passwort für ${name}. Zu dieser Adresse gibt es kein Konto: Vielleicht hat deins eine andere.`,
      'Wenn du das nicht warst, brauchst du nichts zu tun.',
    ],
  }),
  'reset-suspended': (_params, name) => ({
    subject: `Dein Konto bei ${name} ist gesperrt`,
    paragraphs: [
      `Jemand, vermutlich du, wollte ein neues Passwort für ${name}. Der Betreiber von ${name} hat dein Konto gesperrt, deshalb geht das jetzt nicht. Wenn du das für einen Irrtum hältst, frag bitte dort nach.`,
      'Wenn du das nicht warst, brauchst du nichts zu tun.',
    ],
  }),
  'mfa-on': ({ method, at }, name) => ({
    subject: `Dein zweiter Schritt für ${name} ist an`,
    paragraphs: [
      `Seit ${at} fragt ${name} beim Anmelden nach deinem Passwort und nach einem zweiten Schritt: ${method}.`,
    ],
  }),
  'mfa-off': ({ at, reason }, name) => ({
    subject: `Dein zweiter Schritt für ${name} ist aus`,
    paragraphs: [
      `Seit ${at} meldet dich dein Passwort allein bei ${name} an.`,
      ...(reason ? [`Der Betreiber von ${name} hat ihn für dich ausgeschaltet.`] : []),
      ...reasonGiven(reason),
    ],
  }),
  'mfa-method-changed': ({ method, at }, name) => ({
    subject: `Dein zweiter Schritt für ${name} wurde geändert`,
    paragraphs: [`Seit ${at} fragt ${name} beim Anmelden nach etwas anderem: ${method}.`],
  }),
  'mfa-method-removed': ({ method, at }, name) => ({
    subject: `Ein zweiter Schritt für ${name} wurde entfernt`,
    paragraphs: [`Seit ${at} geht das Anmelden bei ${name} hiermit nicht mehr: ${method}.`],
  }),
  'passkey-added': ({ at }, name) => ({
    subject: `Ein Passkey für ${name} kam dazu`,
    paragraphs: [
      `Seit ${at} hat dein Konto bei ${name} einen neuen Passkey. Wer ihn hat, kann sich damit anmelden.`,
    ],
  }),
  'passkey-removed': ({ at }, name) => ({
    subject: `Ein Passkey für ${name} wurde entfernt`,
    paragraphs: [`Seit ${at} meldet dich einer deiner Passkeys nicht mehr bei ${name} an.`],
  }),
  'passkey-cloned': ({ at }, name) => ({
    subject: `Ein Passkey für ${name} wurde abgelehnt`,
    paragraphs: [
      `Am ${at} haben wir einen deiner Passkeys für ${name} abgelehnt: Er sah wie eine Kopie aus. Niemand kam damit hinein.`,
      'Bitte melde dich auf anderem Weg an, entferne diesen Passkey und richte einen neuen ein.',
    ],
  }),
  'recovery-codes-generated': ({ at }, name) => ({
    subject: `Du hast neue Wiederherstellungscodes für ${name}`,
    paragraphs: [
      `Am ${at} wurden zehn neue Wiederherstellungscodes gemacht. Die alten gelten nicht mehr.`,
    ],
  }),
  'recovery-code-used': ({ remaining, at }, name) => ({
    subject: `Ein Wiederherstellungscode für ${name} wurde benutzt`,
    paragraphs: [
      `Am ${at} hat sich jemand mit einem deiner Wiederherstellungscodes bei ${name} angemeldet. Du hast noch ${remaining}.${
        remaining <= 3 ? ' Bitte mach bald neue.' : ''
      }`,
      'Wenn du das nicht warst, ändere jetzt dein Passwort und mach neue Wiederherstellungscodes.',
    ],
  }),
  'code-guessing-detected': ({ at }, name) => ({
    subject: `Jemand rät deine Codes für ${name}`,
    paragraphs: [
      `Bis ${at} hat jemand, der dein Passwort für ${name} kennt, an einem Tag fünf falsche Codes eingegeben. Keiner hat jemanden hineingelassen.`,
      'Wenn du das nicht warst, ändere bitte dein Passwort: Jemand anderes kennt es.',
    ],
  }),
  'password-changed': ({ at }, name) => ({
    subject: `Dein Passwort für ${name} wurde geändert`,
    paragraphs: [`Seit ${at} meldet dich ein neues Passwort bei ${name} an.`],
  }),
  'email-changed': ({ at }, name) => ({
    subject: `Deine E-Mail-Adresse für ${name} wurde geändert`,
    paragraphs: [
      `Seit ${at} meldet dich eine andere Adresse bei ${name} an, und wir schreiben dorthin.`,
    ],
  }),
  'phone-changed': ({ at }, name) => ({
    subject: `Deine Telefonnummer für ${name} wurde geändert`,
    paragraphs: [`Seit ${at} gehen Codes per SMS für ${name} an eine andere Nummer.`],
  }),
  'account-deleted': ({ at }, name) => ({
    subject: `Dein Konto bei ${name} wurde gelöscht`,
    paragraphs: [
      `Am ${at} wurde dein Konto geschlossen. Nach sieben Tagen wird alles darin gelöscht.`,
    ],
  }),
  'account-created': (_params, name, code) => ({
    subject: `${code} ist dein Code für ${name}`,
    paragraphs: [
      `Der Betreiber von ${name} hat mit dieser Adresse ein Konto für dich angelegt. Wähle beim Anmelden „Passwort vergessen“ und gib diesen Code zusammen mit einem eigenen Passwort ein. Er gilt 15 Minuten; „Passwort vergessen“ schickt dir jederzeit einen neuen.`,
      'Wenn du das Konto nicht willst, brauchst du nichts zu tun: Ohne einen Code, der hierher geht, kann sich niemand anmelden.',
    ],
  }),
  'account-created-with-password': (_params, name) => ({
    subject: `Du hast ein Konto bei ${name}`,
    paragraphs: [
      `Der Betreiber von ${name} hat mit dieser Adresse ein Konto für dich angelegt und sein erstes Passwort gewählt. Melde dich damit an und wähle ein eigenes.`,
      'Wenn dir niemand das Passwort gesagt hat, wähle beim Anmelden „Passwort vergessen“.',
    ],
  }),
  'account-suspended': ({ at, reason }, name) => ({
    subject: `Dein Konto bei ${name} ist gesperrt`,
    paragraphs: [
      `Am ${at} hat der Betreiber von ${name} dein Konto gesperrt. Du bist überall abgemeldet, und niemand kann sich anmelden, bis es wieder geöffnet wird. Verloren ist nichts.`,
      ...reasonGiven(reason),
      'Wenn du das für einen Irrtum hältst, frag bitte dort nach.',
    ],
  }),
  'account-unsuspended': ({ at, reason }, name) => ({
    subject: `Dein Konto bei ${name} ist wieder offen`,
    paragraphs: [
      `Am ${at} hat der Betreiber von ${name} dein Konto wieder geöffnet. Du kannst dich anmelden wie zuvor.`,
      ...reasonGiven(reason),
    ],
  }),
  'sessions-ended': ({ at, reason }, name) => ({
    subject: `Du wurdest bei ${name} abgemeldet`,
    paragraphs: [
      `Am ${at} hat dich der Betreiber von ${name} überall abgemeldet. Bitte melde dich wieder an; jedes Gerät fragt nach deinem zweiten Schritt, wenn du einen hast.`,
      ...reasonGiven(reason),
    ],
  }),
  'password-reset-required': ({ at, reason }, name) => ({
    subject: `Bitte wähle ein neues Passwort für ${name}`,
    paragraphs: [
      `Am ${at} hat der Betreiber von ${name} um ein neues Passwort für dein Konto gebeten. Du bist überall abgemeldet, und das alte Passwort meldet niemanden mehr an.`,
      ...reasonGiven(reason),
      'Ein Code ist unterwegs an die Adresse deines Kontos. Wähle beim Anmelden „Passwort vergessen“; dort kannst du auch einen neuen anfordern.',
    ],
  }),
  'admin-added': ({ at }, name) => ({
    subject: `Du darfst bei ${name} jetzt anderen helfen`,
    paragraphs: [
      `Seit ${at} darf dein Konto anderen mit ihren Konten helfen. Das gilt, solange dein zweiter Schritt eingeschaltet bleibt.`,
      `Wenn du damit nicht gerechnet hast, sag es bitte dem Betreiber von ${name}.`,
    ],
  }),
  'admin-removed': ({ at }, name) => ({
    subject: `Du darfst bei ${name} anderen nicht mehr helfen`,
    paragraphs: [`Seit ${at} ist dein Konto wieder ein gewöhnliches.`],
  }),
  'change-undone': ({ at }, name) => ({
    subject: `Dein Konto bei ${name} ist wieder wie vorher`,
    paragraphs: [
      `Am ${at} wurde eine Änderung an deinem Konto aus einer unserer Nachrichten heraus rückgängig gemacht. Alle wurden abgemeldet, und niemand kann sich anmelden, bis ein neues Passwort gesetzt ist.`,
      'Wenn du noch keins gesetzt hast, tu es jetzt: Wähle beim Anmelden „Passwort vergessen“.',
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
    `Wenn du das nicht warst, mach es bis ${until} rückgängig. Dann meldest du dich wieder an wie vorher, und alle werden abgemeldet:`,
  undoLabel: 'Änderung rückgängig machen',
}

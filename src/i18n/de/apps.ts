import type { AppsText } from '../en/apps.ts'

/** Sentences of the pages to which applications send people, in German. */
export const apps: AppsText = {
  confirmTitle: 'Bestätige, dass du es bist',
  confirmFor: (app: string) =>
    `${app} bittet dich zu bestätigen, dass du es bist, oder deinen zweiten Schritt zu benutzen.`,
  confirm: 'Bestätigen',
  confirmByPasskey: 'Mit einem Passkey bestätigen',
  consentTitle: (app: string) => `${app} erlauben?`,
  consentAbout: (app: string) => `${app} möchte dich anmelden und würde erfahren:`,
  scopes: {
    openid: 'dass du hier ein Konto hast, und wann und wie du dich angemeldet hast',
    email: 'deine E-Mail-Adresse',
    profile:
      'deinen Namen, deinen Benutzernamen, dein Bild, deine Sprache und weitere Angaben aus deinem Profil',
    groups: 'deine Gruppen',
  },
  address: (url: string) => `Die Adresse ist ${url}.`,
  allow: 'Erlauben',
  deny: 'Nicht erlauben',
  signOutTitle: 'Abmelden?',
  signOutAbout: (app: string | null) =>
    app === null
      ? 'Damit meldest du dich hier ab, und von allen Anwendungen, die du von hier aus geöffnet hast.'
      : `${app} möchte dich abmelden. Damit meldest du dich hier ab, und von allen Anwendungen, die du von hier aus geöffnet hast.`,
  signOut: 'Abmelden',
  stay: 'Angemeldet bleiben',
  errorTitle: 'Das hat nicht geklappt',
  errorAbout:
    'Die Anwendung hat dich auf eine Weise hierher geschickt, die sich nicht beantworten lässt. Bitte geh zu ihr zurück und fang noch einmal an. Wenn es wieder passiert, hilft das hier ihrer Verwaltung:',
  requestNumber: (requestId: string) => `Nummer: ${requestId}`,
}

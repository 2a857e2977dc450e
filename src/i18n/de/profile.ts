import type { SecurityText } from '../en/security.ts'

/** The security page’s sentences about the profile, in German, with “du”. */
export const profile: SecurityText['profile'] = {
  title: 'Profil',
  about: 'Anwendungen, bei denen du dich anmeldest, können das sehen.',
  name: 'Name',
  username: 'Benutzername',
  picture: 'Bild',
  groups: 'Gruppen',
  none: 'Nicht angegeben',
  yes: 'Ja',
  no: 'Nein',
  byOperator: 'Das Übrige kann nur der Betreiber dieses Dienstes ändern.',
  change: 'Profil ändern',
  pictureAddress: 'Webadresse deines Bildes',
  pictureHint: 'Sie beginnt mit https://. Anwendungen laden das Bild von dort.',
  isChanged: 'Dein Profil ist geändert.',
  errors: {
    name: 'Bitte gib einen Namen mit höchstens 100 Zeichen ein.',
    picture: 'Bitte gib eine Webadresse ein, die mit https:// beginnt, ohne Port und Passwort.',
    string: 'Bitte gib höchstens 200 Zeichen ein.',
    number: 'Bitte gib eine Zahl ein.',
    boolean: 'Bitte wähle noch einmal.',
  },
}

import type { SecurityText } from '../en/security.ts'

/** The security page’s sentences about recovery codes, in German, with “du”. */
export const recoveryCodes: SecurityText['recoveryCodes'] = {
  title: 'Wiederherstellungscodes',
  about:
    'Verwende einen, wenn du das Gerät oder die App zum Anmelden verlierst. Jeder gilt einmal.',
  whileOff:
    'Du bekommst sie mit dem zweiten Schritt: zehn Codes für den Fall, dass du das Gerät oder die App zum Anmelden verlierst.',
  left: (count: number) =>
    count === 0
      ? 'Du hast keinen mehr.'
      : count === 1
        ? 'Du hast noch 1 von 10.'
        : `Du hast noch ${count} von 10.`,
  generatedAt: (when: string) => `Angelegt am ${when}.`,
  generate: 'Neue anlegen',
  generateTitle: 'Zehn neue Wiederherstellungscodes anlegen?',
  generateMeans: 'Deine alten Codes gelten dann nicht mehr.',
  keepOld: 'Die alten behalten',
  newTitle: 'Speichere deine Wiederherstellungscodes',
  newAbout:
    'Wenn du das Gerät oder die App zum Anmelden verlierst, kommst du mit einem dieser Codes in dein Konto. Bewahre sie dort auf, wo du sie wiederfindest, auf Papier oder in einem Passwort-Manager. Sie werden nur jetzt angezeigt.',
  copy: 'Kopieren',
  download: 'Herunterladen',
  print: 'Drucken',
  fileName: 'wiederherstellungscodes.txt',
  fileTitle: (name: string, email: string | undefined) =>
    `Wiederherstellungscodes für ${name}${email ? ` (${email})` : ''}`,
  fileAbout: 'Jeder dieser Codes gilt einmal.',
  savedConfirmation: 'Ich habe diese Codes gespeichert',
  saveFirst: 'Bitte speichere sie zuerst. Sie werden nicht noch einmal angezeigt.',
  generated: 'Du hast zehn neue Wiederherstellungscodes. Die alten gelten nicht mehr.',
}

import type { InvitationText } from '../en/invitation.ts'

/** Every sentence of the invitation page, in German, with “du”. */
export const invitation: InvitationText = {
  title: (service: string) => `Einladung zu ${service}`,
  about: (email: string) => `Lege dein Konto für ${email} an.`,
  aboutNamed: (name: string, email: string) => `Hallo ${name}, lege dein Konto für ${email} an.`,
  submit: 'Konto anlegen',
  withPasskey: 'Stattdessen einen Passkey verwenden',
  aboutPasskey:
    'Mit einem Passkey melden dich Fingerabdruck, Gesicht oder PIN an, und du musst dir kein Passwort merken.',
  cannotSignInAlone:
    'Mit diesem Passkey kannst du dich nicht ohne Passwort anmelden. Bitte wähle ein Passwort oder nimm ein anderes Gerät.',
  passkeyKnown: 'Dieser Passkey gehört zu einem anderen Konto. Bitte nimm ein anderes Gerät.',
  ifUnwanted: 'Wenn du kein Konto möchtest, schließe diese Seite einfach.',
  expired: 'Diese Einladung gilt nicht mehr',
  whyExpired:
    'Sie wurde angenommen, zurückgezogen oder durch eine neuere ersetzt, oder eine Woche ist vorbei.',
  ifAccepted: 'Wenn du sie angenommen hast, melde dich einfach an.',
  ifNotAccepted: 'Wenn nicht, bitte die Person, die dich eingeladen hat, um eine neue.',
  taken: 'Du hast schon ein Konto',
  useAccount: (email: string) => `Zu ${email} gibt es schon ein Konto. Bitte melde dich damit an.`,
  signIn: 'Anmelden',
}

import type { SecurityText } from '../en/security.ts'

/** The security page’s sentences about the ways in, and what happens if one is lost or stolen, in German, with “du”. */
export const waysIn: SecurityText['waysIn'] = {
  title: 'Wenn etwas verloren geht oder gestohlen wird',
  next: (step: string) => `Das hilft am meisten: ${step}.`,
  otherwise: 'Alle anderen Fälle',
  inEachCase: 'Alle Fälle',
  advice: {
    turnOnMfa: {
      why: 'Jeder, der dein Passwort hat, kann sich anmelden. Mit einem zweiten Schritt bräuchte er auch dein Telefon.',
      do: 'Zweiten Schritt einschalten',
    },
    setUpAuthenticator: {
      why: 'Wer Zugriff auf dein Postfach hat, kommt auch in dieses Konto: Er kann ein neues Passwort festlegen, und auch die Codes gehen dorthin. Eine Authenticator-App ist nur auf deinem eigenen Telefon.',
      do: 'Authenticator-App einrichten',
    },
    makeRecoveryCodes: {
      why: 'Du hast keinen Wiederherstellungscode mehr. Wenn du das Gerät oder die App zum Anmelden verlierst, kommst du mit einem Code auf Papier trotzdem in dein Konto.',
      do: 'Wiederherstellungscodes anlegen',
    },
  },
  good: 'Dein Konto ist gut geschützt. Du brauchst nichts zu tun.',
  lost: {
    password: 'Wenn du dein Passwort vergisst',
    mailbox: 'Wenn du keinen Zugriff mehr auf dein Postfach hast',
    passkey: (name: string) => `Wenn du den Passkey „${name}“ verlierst`,
    authenticator: 'Wenn du deine Authenticator-App verlierst',
    phone: 'Wenn du deine Telefonnummer verlierst',
    otherMailbox: 'Wenn du keinen Zugriff mehr auf das Postfach hast, in das deine Codes gehen',
    recoveryCodes: 'Wenn du deine Wiederherstellungscodes verlierst',
  },
  by: {
    password: 'deinem Passwort',
    mailbox: 'deinem Postfach',
    passkey: 'einem Passkey',
    authenticator: 'deiner Authenticator-App',
    phone: 'einem Code per SMS',
    otherMailbox: 'einem Code per E-Mail',
    recoveryCodes: 'einem Wiederherstellungscode',
  },
  stillIn: (lost: string, by: string) => `${lost}, kannst du dich trotzdem anmelden: mit ${by}.`,
  onlyIn: (lost: string, by: string) =>
    `${lost}, kannst du dich zwar mit ${by} anmelden, aber hier nichts ändern.`,
  lockedOut: (lost: string) => `${lost}, bist du ausgesperrt.`,
  stolen: {
    password: 'Wenn jemand dein Passwort erfährt',
    mailbox: 'Wenn jemand Zugriff auf dein Postfach bekommt',
    passkey: (name: string) => `Wenn jemand das Gerät mit dem Passkey „${name}“ nimmt`,
    authenticator: 'Wenn jemand deine Authenticator-App nimmt',
    phone: 'Wenn jemand deine Telefonnummer übernimmt',
    otherMailbox: 'Wenn jemand Zugriff auf das Postfach bekommt, in das deine Codes gehen',
    recoveryCodes: 'Wenn jemand deine Wiederherstellungscodes findet',
  },
  letsIn: {
    password: 'kann er sich anmelden: Sonst ist nichts nötig.',
    mailbox: 'kann er sich anmelden: Er kann ein neues Passwort festlegen.',
    mailboxForBoth:
      'kann er sich anmelden: Er kann ein neues Passwort festlegen, und auch die Codes gehen dorthin.',
    other: 'kann er sich anmelden.',
  },
  keptOut: {
    password: 'hält ihn dein zweiter Schritt auf.',
    mailbox: 'kann er ein neues Passwort festlegen, aber dein zweiter Schritt hält ihn auf.',
    passkey:
      'kommt er nicht weiter: Er bräuchte deinen Fingerabdruck, dein Gesicht oder deine PIN, oder dein Passwort.',
    other: 'kommt er nicht weiter: Er bräuchte auch dein Passwort.',
  },
}

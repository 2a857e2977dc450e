import type { SecurityText } from '../en/security.ts'

/** The security page’s sentences about sessions, in German, with “du”. */
export const sessions: SecurityText['sessions'] = {
  title: 'Wo du angemeldet bist',
  here: 'Dieses Gerät',
  since: (when: string) => `Angemeldet am ${when}`,
  lastUsed: (when: string) => `zuletzt benutzt am ${when}`,
  from: (address: string) => `Adresse ${address}`,
  end: 'Abmelden',
  endOne: (device: string) => `${device} abmelden`,
  endOthers: 'Überall sonst abmelden',
  isEnded: (device: string) => `${device} ist abgemeldet.`,
  areEnded: 'Überall sonst bist du abgemeldet.',
  apps: (names: string) => `Benutzt für ${names}`,
}

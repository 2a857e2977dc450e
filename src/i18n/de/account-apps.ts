import type { SecurityText } from '../en/security.ts'

/** The security page’s sentences about applications, in German, with “du”. */
export const accountApps: SecurityText['apps'] = {
  title: 'Anwendungen',
  about: 'Sie melden dich mit diesem Konto an.',
  trusted: 'Gehört dem Betreiber',
  since: (when: string) => `Seit ${when}`,
  lastUsed: (when: string) => `zuletzt benutzt am ${when}`,
  mayKnow: 'Sie darf wissen:',
  remove: 'Entfernen',
  removeOne: (app: string) => `${app} entfernen`,
  isRemoved: (app: string) =>
    `${app} ist entfernt und kann dieses Konto nicht mehr benutzen. Falls du dort noch angemeldet bist, melde dich auch dort ab.`,
}

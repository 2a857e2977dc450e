import type { App } from '../../apps/app.ts'

/** An application in a few lines. */
export function formatApp(app: App): string {
  const kind = [
    app.public ? 'public' : `secret of ${app.secretChangedAt?.slice(0, 10)}`,
    ...(app.trusted ? ['trusted'] : []),
  ]
  return [
    `${app.id}  (${app.name}, ${kind.join(', ')})`,
    `  address   ${app.url}`,
    ...app.redirectUris.map((uri) => `  returns   ${uri}`),
    ...(app.backchannelLogoutUri === null ? [] : [`  logout    ${app.backchannelLogoutUri}`]),
    `  since     ${app.createdAt}`,
  ].join('\n')
}

/** The logouts that an application has not accepted yet. */
export function formatLogouts(logouts: { waiting: number; lastError: string | null }): string {
  const { waiting, lastError } = logouts
  const count = waiting === 0 ? 'no logout' : waiting === 1 ? '1 logout' : `${waiting} logouts`
  return `  waiting   ${count}${lastError === null ? '' : `: ${lastError}`}`
}

/** The settings that an application asks for. */
export function formatCredentials(result: {
  publicUrl: string
  app: App
  clientSecret?: string | undefined
}): string {
  const { publicUrl, app, clientSecret } = result
  return [
    `${app.name} can send people here to sign in. Its settings:`,
    '',
    `  Issuer         ${publicUrl}`,
    `  Client ID      ${app.id}`,
    clientSecret === undefined
      ? '  Client secret  none: it is public, and uses PKCE'
      : `  Client secret  ${clientSecret}`,
    `  Discovery URL  ${publicUrl}/.well-known/openid-configuration`,
    ...(clientSecret === undefined
      ? []
      : ['', `The secret is shown only now. “latchkey apps secret ${app.id}” makes another one.`]),
  ].join('\n')
}

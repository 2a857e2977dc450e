import type { App } from '../../apps/app.ts'

/** An application in a few lines. */
export function formatApp(app: App): string {
  const kind = [
    app.public ? 'public' : `secret of ${app.secretChangedAt?.slice(0, 10)}`,
    ...(app.trusted ? ['trusted'] : []),
    ...(app.forwardAuth ? ['forward authentication'] : []),
    ...(app.requiresMfa ? ['requires MFA'] : []),
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

/** A new application: the next step towards it. */
export function formatAdded(result: Parameters<typeof formatCredentials>[0]): string {
  const { publicUrl, app } = result
  if (!app.forwardAuth) return formatCredentials(result)
  return [
    `${app.name} is registered. Now have its reverse proxy ask Latchkey about every request:`,
    '',
    '  Path        /forward-auth/Verify, at the address where the proxy reaches Latchkey itself',
    `  Forwarded   X-Forwarded-Method, -Proto, -Host and -Uri of requests for ${new URL(app.url).origin}`,
    '  Answers     Remote-User, Remote-Email',
    `  Sign-in     at ${publicUrl}`,
    '',
    'docs/forward-auth.md has the lines for nginx, Caddy and Traefik.',
  ].join('\n')
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

import { registerApp, registerForwardAuthApp } from '../../apps/register-app.ts'
import { defineCommand, UsageError } from '../command.ts'
import { withKeys } from '../context.ts'
import { formatAdded } from './format-app.ts'

export default defineCommand({
  description: 'register an application that sends people here to sign in',
  arguments: ['name'],
  options: {
    url: { type: 'string' },
    'redirect-uri': { type: 'string', multiple: true },
    'backchannel-logout-uri': { type: 'string' },
    public: { type: 'boolean' },
    trusted: { type: 'boolean' },
    'forward-auth': { type: 'boolean' },
    'require-mfa': { type: 'boolean' },
  },
  optionsHelp: {
    url: 'its address, for people',
    'redirect-uri': 'where people return to, as its documentation says; may be given several times',
    'backchannel-logout-uri': 'where it learns that a session has ended, if it can',
    public: 'it runs in browsers or on phones, and has no secret',
    trusted: 'it is your own: nobody is asked for permission',
    'forward-auth':
      'it knows nothing of OpenID Connect: a reverse proxy asks who sends each request',
    'require-mfa': 'with --forward-auth: a second factor other than a code by email is required',
  },
  async run({ positionals: [name = ''], values }) {
    const {
      url,
      'redirect-uri': redirectUris = [],
      'backchannel-logout-uri': backchannelLogoutUri,
      public: isPublic = false,
      trusted = false,
      'forward-auth': forwardAuth = false,
      'require-mfa': requireMfa = false,
    } = values
    if (url === undefined) throw new UsageError('--url https://… is missing: its address.')
    if (forwardAuth) {
      if (redirectUris.length > 0 || isPublic || trusted || backchannelLogoutUri !== undefined) {
        throw new UsageError(
          '--forward-auth goes with --url and --require-mfa alone: the rest follows from it.',
        )
      }
      return withKeys(async (deps) => {
        const app = await registerForwardAuthApp(deps, { name, url, requireMfa })
        return { publicUrl: deps.settings.publicUrl, ...app }
      })
    }
    if (requireMfa) {
      throw new UsageError(
        '--require-mfa goes with --forward-auth. Other applications ask for acr_values=aal2.',
      )
    }
    if (redirectUris.length === 0) {
      throw new UsageError(
        '--redirect-uri https://… is missing: its documentation calls it redirect URI or callback URL.',
      )
    }
    return withKeys(async (deps) => {
      const input = { name, url, redirectUris, backchannelLogoutUri, public: isPublic, trusted }
      return { publicUrl: deps.settings.publicUrl, ...(await registerApp(deps, input)) }
    })
  },
  format: formatAdded,
})

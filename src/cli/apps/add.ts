import { registerApp, registerForwardAuthApp } from '../../apps/register-app.ts'
import { readSettings } from '../../config/read-settings.ts'
import type { Settings } from '../../config/settings.ts'
import { isSignUpPolicyChosen } from '../../config/sign-up-policy.ts'
import { OperatorError } from '../../lib/operator-error.ts'
import { defineCommand, UsageError } from '../command.ts'
import { withKeys } from '../context.ts'
import { formatAdded } from './format-app.ts'

/** Otherwise a stranger could sign up, and so into the application. @throws OperatorError in production */
function ensureSignUpPolicyChosen(settings: Settings): void {
  if (settings.mode !== 'production' || isSignUpPolicyChosen(settings)) return
  throw new OperatorError(
    'First decide who may create an account, and so sign in to applications: set LATCHKEY_SIGN_UP to invitation, to domains:example.com, or to open.',
  )
}

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
    ensureSignUpPolicyChosen(readSettings(process.env))
    if (forwardAuth) {
      if (redirectUris.length > 0 || isPublic || trusted || backchannelLogoutUri !== undefined) {
        throw new UsageError(
          '--forward-auth goes with --url and --require-mfa alone: the rest follows from it.',
        )
      }
      return withKeys(async ({ db, keyring, settings: { audience, publicUrl } }) => {
        const deps = { db, keyring, audience, publicUrl }
        return { publicUrl, ...(await registerForwardAuthApp(deps, { name, url, requireMfa })) }
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
    return withKeys(async ({ db, keyring, settings }) => {
      const { audience, publicUrl } = settings
      const input = { name, url, redirectUris, backchannelLogoutUri, public: isPublic, trusted }
      const deps = { db, keyring, audience, logoutUriRules: settings }
      return { publicUrl, ...(await registerApp(deps, input)) }
    })
  },
  format: formatAdded,
})

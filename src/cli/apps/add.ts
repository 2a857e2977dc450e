import { registerApp } from '../../apps/register-app.ts'
import { defineCommand, UsageError } from '../command.ts'
import { withKeys } from '../context.ts'
import { formatCredentials } from './format-app.ts'

export default defineCommand({
  description: 'register an application that sends people here to sign in',
  arguments: ['name'],
  options: {
    url: { type: 'string' },
    'redirect-uri': { type: 'string', multiple: true },
    'backchannel-logout-uri': { type: 'string' },
    public: { type: 'boolean' },
    trusted: { type: 'boolean' },
  },
  optionsHelp: {
    url: 'its address, for people',
    'redirect-uri': 'where people return to, as its documentation says; may be given several times',
    'backchannel-logout-uri': 'where it learns that a session has ended, if it can',
    public: 'it runs in browsers or on phones, and has no secret',
    trusted: 'it is your own: nobody is asked for permission',
  },
  async run({ positionals: [name = ''], values }) {
    const {
      url,
      'redirect-uri': redirectUris = [],
      'backchannel-logout-uri': backchannelLogoutUri,
      public: isPublic = false,
      trusted = false,
    } = values
    if (url === undefined) throw new UsageError('--url https://… is missing: its address.')
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
  format: formatCredentials,
})

// Import rules (docs/architecture.md). Imports point down only:
// cli → server → above → features → services → store → base.
const above = '^src/(oidc|admin|overview|pages|metrics)/'
const feature = '^src/(mfa|signin|accounts)/'
const service =
  '^src/(undo|verification|sessions|activity|notifications|webhooks|rate-limits|apps|keys)/'
const top = '^src/(server|retention)\\.ts$|^src/cli/'
/** What accounts/ takes from mfa/: the owner’s confirmation of a call, with its schemas. */
const confirmation = '^src/mfa/(confirm-owner|schemas|passkey/schemas)\\.ts$'
/** Checking what a passkey signed is shared with sign-in and invitations; it imports nothing else of mfa/. */
const passkeyChecks = '^src/mfa/passkey/(passkey-challenge|passkey-row|assertion|webauthn)\\.ts$'
/** An invitation ends in a password or in the account’s first passkey. */
const firstPasskey = '^src/mfa/passkey/(passkey-challenge|passkey-row|schemas|webauthn)\\.ts$'
/** The undo itself takes a second factor; the rest of undo/ is a service for every change. */
const undoItself = '^src/undo/undo(-routes)?\\.ts$'
const rule = (name, from, to) => ({ name, severity: 'error', from, to })

export default {
  forbidden: [
    rule('no-circles', {}, { circular: true }),
    rule('every-import-resolves', {}, { couldNotResolve: true }),
    rule('lib-imports-lib-alone', { path: '^src/lib/' }, { path: '^src/(?!lib/)' }),
    rule('i18n-imports-i18n-alone', { path: '^src/i18n/' }, { path: '^src/(?!i18n/)' }),
    rule(
      'config-imports-lib-and-i18n-alone',
      { path: '^src/config/' },
      { path: '^src/(?!config/|i18n/|lib/)' },
    ),
    rule(
      'store-imports-the-base-alone',
      { path: '^src/store/' },
      { path: '^src/(?!store/|config/|i18n/|lib/)' },
    ),
    rule(
      'migrations-import-kysely-alone',
      { path: '^src/store/migrations/' },
      { pathNot: 'node_modules/kysely/' },
    ),
    rule(
      'services-look-down',
      { path: service, pathNot: undoItself },
      { path: `${feature}|${above}|${top}` },
    ),
    rule(
      'undo-imports-challenges-alone',
      { path: undoItself },
      {
        path: `${feature}|${above}|${top}`,
        pathNot: [
          '^src/mfa/(challenge|schemas|undo-factor|usable-factors)\\.ts$',
          '^src/mfa/passkey/schemas\\.ts$',
          passkeyChecks,
        ],
      },
    ),
    rule('features-look-down', { path: feature }, { path: `${above}|${top}` }),
    rule(
      'features-stay-apart',
      { path: feature },
      {
        path: feature,
        pathNot: [
          '^src/$1/',
          '^src/mfa/(challenge|load-challenge|usable-factors)\\.ts$',
          confirmation,
          passkeyChecks,
        ],
      },
    ),
    rule(
      'accounts-import-confirmation-alone',
      { path: '^src/accounts/', pathNot: '^src/accounts/invitations/' },
      { path: '^src/mfa/', pathNot: confirmation },
    ),
    rule(
      'invitations-import-the-first-passkey-alone',
      { path: '^src/accounts/invitations/' },
      { path: '^src/mfa/', pathNot: firstPasskey },
    ),
    rule(
      'passkey-checks-stand-alone',
      { path: passkeyChecks },
      { path: '^src/mfa/', pathNot: passkeyChecks },
    ),
    rule('above-looks-down', { path: above }, { path: top }),
    rule(
      'the-server-alone-imports-oidc',
      { path: '^src/', pathNot: ['^src/oidc/', '^src/server\\.ts$'] },
      { path: '^src/oidc/' },
    ),
    rule(
      'the-provider-is-loaded-on-demand',
      { path: '^src/', pathNot: '^src/oidc/provider/' },
      { path: '^src/oidc/provider/|node_modules/oidc-provider/', dynamic: false },
    ),
    rule(
      'forward-auth-is-loaded-on-demand',
      { path: '^src/', pathNot: '^src/oidc/forward-auth/' },
      { path: '^src/oidc/forward-auth/', dynamic: false, dependencyTypesNot: ['type-only'] },
    ),
    rule('cli-imports-the-server', { path: '^src/(?!cli/)' }, { path: '^src/cli/' }),
    rule(
      'http-is-for-routes',
      {
        path: '^src/',
        pathNot: ['^src/server\\.ts$', '^src/http/', 'routes\\.ts$', 'schemas\\.ts$'],
      },
      { path: '^src/http/' },
    ),
    rule(
      'http-imports-no-feature',
      { path: '^src/http/' },
      { path: `${above}|${feature}|${service}|^src/store/` },
    ),
    rule(
      'only-store-imports-databases',
      { path: '^src/', pathNot: '^src/store/' },
      { path: '^src/store/(sqlite|postgres)\\.ts$|^(node:)?sqlite$|node_modules/pg/' },
    ),
    rule(
      'web-imports-client-and-i18n-alone',
      { path: '^web/src/' },
      { path: '^(src/(?!i18n/)|test/|scripts/)' },
    ),
    rule('client-imports-nothing', { path: '^client/' }, { pathNot: '^client/' }),
    rule('src-imports-no-client', { path: '^src/' }, { path: '^client/' }),
  ],
  options: {
    doNotFollow: { path: 'node_modules' },
    tsPreCompilationDeps: true,
    enhancedResolveOptions: {
      exportsFields: ['exports'],
      conditionNames: ['import', 'node', 'default', 'types'],
    },
  },
}

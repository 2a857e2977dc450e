// Who may import whom (docs/architecture.md). Arrows run down only: main → commands → server → above → features → services → store → lib.
const above = '^src/(admin|undo|overview|pages|keys|metrics)/'
const feature = '^src/(mfa|signin|accounts)/'
const service = '^src/(sessions|messages|activity|limits|codes|passkeys)/'
const top = '^src/(main|server|housekeeping)\\.ts$|^src/commands/'
const rule = (name, from, to) => ({ name, severity: 'error', from, to })

export default {
  forbidden: [
    rule('no-circles', {}, { circular: true }),
    rule('every-import-resolves', {}, { couldNotResolve: true }),
    rule('lib-knows-nobody', { path: '^src/lib/' }, { path: '^src/(?!lib/)' }),
    rule('store-knows-lib-alone', { path: '^src/store/' }, { path: '^src/(?!store/|lib/)' }),
    rule(
      'migrations-know-kysely-alone',
      { path: '^src/store/migrations/' },
      { pathNot: 'node_modules/kysely/' },
    ),
    rule('services-look-down', { path: service }, { path: `${feature}|${above}|${top}` }),
    rule(
      'features-stay-apart',
      { path: feature },
      { path: feature, pathNot: ['^src/$1/', '^src/mfa/(challenge|schemas)\\.ts$'] },
    ),
    rule('those-above-look-down', { path: above }, { path: top }),
    rule(
      'only-main-runs-commands',
      { path: '^src/(?!main\\.ts|commands/)' },
      { path: '^src/commands/' },
    ),
    rule('only-signin-asks-mfa', { path: '^src/accounts/' }, { path: '^src/mfa/challenge\\.ts$' }),
    rule('features-look-down', { path: feature }, { path: `${above}|${top}` }),
    rule(
      'http-is-for-routes',
      {
        pathNot: ['^src/server\\.ts$', '^src/http/', 'routes\\.ts$', 'schemas\\.ts$'],
        path: '^src/',
      },
      { path: '^src/http/' },
    ),
    rule(
      'http-knows-no-feature',
      { path: '^src/http/' },
      { path: `${above}|${feature}|${service}|^src/store/` },
    ),
    rule(
      'store-hides-the-database',
      { path: '^src/', pathNot: '^src/store/' },
      { path: '^src/store/(sqlite|postgres)\\.ts$|^(node:)?sqlite$|node_modules/pg/' },
    ),
    rule('text-knows-nobody', { path: '^src/text/' }, { path: '^src/(?!text/)' }),
    rule(
      'web-knows-client-and-text',
      { path: '^web/src/' },
      { path: '^(src/(?!text/)|test/|scripts/)' },
    ),
    rule('client-knows-nobody', { path: '^client/' }, { pathNot: '^client/' }),
    rule('src-knows-no-client', { path: '^src/' }, { path: '^client/' }),
    rule(
      'no-dev-dependency-in-src',
      { path: '^src/' },
      { dependencyTypes: ['npm-dev'], dependencyTypesNot: ['type-only'] },
    ),
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

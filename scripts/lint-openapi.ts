// Lints an OpenAPI document: `npx node scripts/lint-openapi.ts [openapi.json]`. Exits with 1 on any finding.
import { existsSync } from 'node:fs'
import { createConfig, formatProblems, getTotals, lint } from '@redocly/openapi-core'

const ref = process.argv[2] ?? 'openapi.json'
if (!existsSync(ref)) {
  console.error(`${ref} does not exist. Generate it with npm run generate.`)
  process.exit(1)
}

// Strict: Redocly's warnings are errors.
const config = await createConfig({
  extends: ['recommended-strict'],
  rules: {
    // The document is for any host: operators run the service on their own.
    'no-server-example.com': 'off',
    // A mistyped tag would create a section without a description in the reference.
    'operation-tag-defined': 'error',
    // Every 4xx is a problem, which the typed client relies on (RFC 9457, formerly 7807).
    'operation-4xx-problem-details-rfc7807': 'error',
  },
})

// Calls without input need no 4xx.
const withoutInput = ['/health/live', '/health/ready', '/metrics', '/.well-known/jwks.json']
const exemptFrom4xx = withoutInput.map((path) => `#/paths/${path.replaceAll('/', '~1')}/`)

const problems = (await lint({ ref, config })).filter(
  ({ ruleId, location: [position] }) =>
    ruleId !== 'operation-4xx-response' ||
    !exemptFrom4xx.some((path) => position?.pointer?.startsWith(path)),
)

formatProblems(problems, { format: 'codeframe', totals: getTotals(problems) })
if (problems.length === 0) console.log(`${ref}: no findings.`)
else process.exitCode = 1

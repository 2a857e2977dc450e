// Lints an OpenAPI document: `npx node scripts/lint-openapi.ts [openapi.json]`. Any complaint fails.
import { existsSync } from 'node:fs'
import { createConfig, formatProblems, getTotals, lint } from '@redocly/openapi-core'

const ref = process.argv[2] ?? 'openapi.json'
if (!existsSync(ref)) {
  console.error(`There is no ${ref} to lint. Make it with npm run generate.`)
  process.exit(1)
}

// Strict: what Redocly would otherwise only warn of is an error too.
const config = await createConfig({
  extends: ['recommended-strict'],
  rules: {
    // The document belongs to no host: whoever runs the service is the server.
    'no-server-example.com': 'off',
    // A mistyped tag would open a section of its own in the reference, without a description.
    'operation-tag-defined': 'error',
    // Every refusal is a problem: our clients count on it (RFC 9457, of which 7807 is the elder).
    'operation-4xx-problem-details-rfc7807': 'error',
  },
})

// Calls that take nothing have nothing to refuse, so they owe no 4xx.
const withoutInput = ['/health/live', '/health/ready', '/metrics', '/.well-known/jwks.json']
const exemptFrom4xx = withoutInput.map((path) => `#/paths/${path.replaceAll('/', '~1')}/`)

const problems = (await lint({ ref, config })).filter(
  ({ ruleId, location: [place] }) =>
    ruleId !== 'operation-4xx-response' ||
    !exemptFrom4xx.some((path) => place?.pointer?.startsWith(path)),
)

formatProblems(problems, { format: 'codeframe', totals: getTotals(problems) })
if (problems.length === 0) console.log(`${ref}: nothing to complain about.`)
else process.exitCode = 1

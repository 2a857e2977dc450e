// Generates files from code and tests: openapi.json, client/latchkey.ts, docs/settings.md, docs/errors.md,
// docs/rate-limits.md, docs/abuse-cases.md, .env.example. With --check, only reports those that are out of
// date.
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { generateEncryptionKey } from '../src/config/encryption-key-list.ts'
import { describeSettings, readSettings } from '../src/config/read-settings.ts'
import { problemTypes } from '../src/http/problem-types.ts'
import { day } from '../src/lib/clock.ts'
import { rateLimits } from '../src/rate-limits/limits.ts'
import { startServer } from '../src/server.ts'
import { findFreePort } from '../test/support/tcp.ts'
import { renderAbuseCases } from './abuse-cases.ts'
import { generateClient } from './client/client.ts'

const document = await fetchOpenapi()
const files: Record<string, string> = {
  'openapi.json': document,
  'client/latchkey.ts': generateClient(JSON.parse(document)),
  'docs/settings.md': renderSettingsPage(),
  'docs/errors.md': renderErrorsPage(),
  'docs/rate-limits.md': renderRateLimitsPage(),
  'docs/abuse-cases.md': renderAbuseCases(),
  '.env.example': renderEnvExample(),
}

const stale = Object.entries(files).filter(([file, content]) => readIfPresent(file) !== content)
if (process.argv.includes('--check')) {
  for (const [file] of stale) console.error(`${file} is out of date: run npm run generate`)
  process.exitCode = stale.length > 0 ? 1 : 0
} else {
  for (const [file, content] of stale) {
    writeFileSync(file, content)
    console.log(`wrote ${file}`)
  }
}

function readIfPresent(file: string): string | undefined {
  try {
    return readFileSync(file, 'utf8')
  } catch {
    return undefined
  }
}

/** Fetches openapi.json from a running service with default settings. */
async function fetchOpenapi(): Promise<string> {
  const folder = mkdtempSync(join(tmpdir(), 'latchkey-generate-'))
  const port = await findFreePort()
  const encryptionKeys = generateEncryptionKey('generate')
  const settings = readSettings({
    LATCHKEY_PORT: String(port),
    LATCHKEY_PUBLIC_URL: 'http://localhost:4000',
    LATCHKEY_DATABASE_URL: `sqlite:${folder}/latchkey.sqlite`,
    LATCHKEY_LOG_LEVEL: 'silent',
  })
  const latchkey = await startServer({ ...settings, encryptionKeys })
  try {
    const response = await fetch(`http://127.0.0.1:${port}/openapi.json`)
    return `${JSON.stringify(await response.json(), null, 2)}\n`
  } finally {
    await latchkey.close()
    rmSync(folder, { recursive: true, force: true })
  }
}

function renderSettingsPage(): string {
  const rows = describeSettings().map(
    ({ name, default: fallback, expected, description }) =>
      `### \`${name}\`\n\n${description}\n\n- Value: ${expected}.\n- Default: ${asCode(fallback)}.\n`,
  )
  return [
    '# Settings\n',
    '<!-- Generated from src/config/settings.ts by `npm run generate`. -->\n',
    'Latchkey reads its settings once at start, from the environment and from a file `.env` in the',
    'current folder; the environment takes precedence. If any are invalid, it reports all of them and',
    'exits with code 78. `npx latchkey settings` prints the current values, with secrets hidden.\n',
    ...rows,
  ].join('\n')
}

/** Formats a value as code; a sentence stays as it is. */
function asCode(text: string): string {
  return /[ `]|^none$/.test(text) ? text : `\`${text}\``
}

function renderErrorsPage(): string {
  const rows = Object.entries(problemTypes).map(
    ([code, { status, meaning }]) => `| \`${code}\` | ${status} | ${meaning} |`,
  )
  return [
    '# Errors\n',
    '<!-- Generated from src/http/problem-types.ts by `npm run generate`. -->\n',
    'Every error response is `application/problem+json` (RFC 9457). Programs use `code`, whose meaning',
    'never changes; people read `detail`. `requestId` identifies the request in the log.\n',
    '| code | status | meaning |',
    '| --- | --- | --- |',
    ...rows,
    '',
  ].join('\n')
}

function renderRateLimitsPage(): string {
  const rows = Object.values(rateLimits).map(({ name, max, maxSetting, windowMs, countedBy }) => {
    return `| \`${name}\` | ${maxSetting ?? max} | ${windowMs === day ? 'day' : 'hour'} | ${countedBy} |`
  })
  return [
    '# Rate limits\n',
    '<!-- Generated from src/rate-limits/limits.ts by `npm run generate`. -->\n',
    'Latchkey counts in its database, so neither a restart nor another node resets a count. A window',
    'slides: any hour or day counts, not those of the clock. Of guesses only wrong ones count; a correct',
    'one is refunded. `signInsPerAccount`, `refreshesPerSession` and `changesPerAccount` count what',
    'succeeds; a request that they refuse uses nothing up. Over a limit, the response is `429`, or `503',
    'sms_unavailable` for `smsPerDay` and `smsPerDayToUnverified`, with `Retry-After` in seconds and the',
    'same number as `retryAfter` in the body. `toleratedWrongCodes`, `guessingNotices` and `cloneNotices`',
    'never refuse a request: they limit the notices to the owner.',
    '[`LATCHKEY_RATE_LIMITS=off`](settings.md#latchkey_rate_limits) turns all of them off, for load tests in',
    'development.\n',
    '| limit | at most | per | counted by |',
    '| --- | --- | --- | --- |',
    ...rows,
    '\nThe addresses of one mailbox differ only in `+` and what follows it before the `@`. Emails to them',
    'count together; guesses at their accounts do not.\n',
    'A network is an IPv4 address, or the /64 of an IPv6 address. Behind a proxy set',
    '[`LATCHKEY_TRUST_PROXY`](settings.md#latchkey_trust_proxy), or everybody shares one network. Which',
    'devices are known, and which networks an owner signed in from, is in',
    '[security.md](security.md#known-devices-and-networks). The [odds of',
    'guessing](security.md#odds-of-guessing) follow from these limits.\n',
  ].join('\n')
}

function renderEnvExample(): string {
  const entries = describeSettings().map(
    ({ name, default: fallback, description }) =>
      `# ${description}\n# Default: ${fallback.replaceAll('`', '')}\n#${name}=\n`,
  )
  const intro =
    '# Copy this to .env and remove the # from what you set. Generated by `npm run generate`.\n'
  return [intro, ...entries].join('\n')
}

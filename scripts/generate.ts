// Writes what is made from code and tests: openapi.json, client/latchkey.ts, docs/settings.md, docs/errors.md, docs/abuse-cases.md, .env.example. With --check, only says what is out of date.
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { answers } from '../src/http/answers.ts'
import { newKey } from '../src/lib/keys.ts'
import { describeSettings, readSettings } from '../src/read-settings.ts'
import { startServer } from '../src/server.ts'
import { freePort } from '../test/support/free-port.ts'
import { abuseCasesPage } from './abuse-cases.ts'
import { clientFile } from './client/client.ts'

const document = await openapi()
const files: Record<string, string> = {
  'openapi.json': document,
  'client/latchkey.ts': clientFile(JSON.parse(document)),
  'docs/settings.md': settingsPage(),
  'docs/errors.md': errorsPage(),
  'docs/abuse-cases.md': abuseCasesPage(),
  '.env.example': envExample(),
}

const stale = Object.entries(files).filter(([file, content]) => read(file) !== content)
if (process.argv.includes('--check')) {
  for (const [file] of stale) console.error(`${file} is out of date: run npm run generate`)
  process.exitCode = stale.length > 0 ? 1 : 0
} else {
  for (const [file, content] of stale) {
    writeFileSync(file, content)
    console.log(`wrote ${file}`)
  }
}

function read(file: string): string | undefined {
  try {
    return readFileSync(file, 'utf8')
  } catch {
    return undefined
  }
}

/** As the service itself answers it, with the addresses of a first start. */
async function openapi(): Promise<string> {
  const folder = mkdtempSync(join(tmpdir(), 'latchkey-generate-'))
  const port = await freePort()
  const encryptionKeys = newKey('generate')
  const settings = readSettings({
    LATCHKEY_PORT: String(port),
    LATCHKEY_PUBLIC_URL: 'http://localhost:4000',
    LATCHKEY_DATABASE_URL: `sqlite:${folder}/latchkey.sqlite`,
    LATCHKEY_LOG_LEVEL: 'silent',
  })
  const latchkey = await startServer({ ...settings, encryptionKeys })
  try {
    const answer = await fetch(`http://127.0.0.1:${port}/openapi.json`)
    return `${JSON.stringify(await answer.json(), null, 2)}\n`
  } finally {
    await latchkey.close()
    rmSync(folder, { recursive: true, force: true })
  }
}

function settingsPage(): string {
  const rows = describeSettings().map(
    ({ name, default: fallback, expected, meaning }) =>
      `### \`${name}\`\n\n${meaning}\n\n- Takes ${expected}.\n- Default: ${asCode(fallback)}.\n`,
  )
  return [
    '# Settings\n',
    '<!-- Made from src/settings.ts by `npm run generate`. -->\n',
    'Read once at start, from the environment and from a file `.env` in the folder where Latchkey is',
    'started; what the environment says counts more. All are checked together: if anything is wrong,',
    'every mistake is named and the process ends with code 78. `npx latchkey settings` prints them as',
    'they are now, with secrets hidden.\n',
    ...rows,
  ].join('\n')
}

/** Values as code, sentences as they are. */
function asCode(text: string): string {
  return /[ `]|^none$/.test(text) ? text : `\`${text}\``
}

function errorsPage(): string {
  const rows = Object.entries(answers).map(
    ([code, { status, meaning }]) => `| \`${code}\` | ${status} | ${meaning} |`,
  )
  return [
    '# Errors\n',
    '<!-- Made from src/http/answers.ts by `npm run generate`. -->\n',
    'Every error is answered as `application/problem+json` (RFC 9457). Programs go by `code`, which',
    'never changes its meaning; people read `detail`. `requestId` finds the request in the log.\n',
    '| code | status | meaning |',
    '| --- | --- | --- |',
    ...rows,
    '',
  ].join('\n')
}

function envExample(): string {
  const entries = describeSettings().map(
    ({ name, default: fallback, meaning }) =>
      `# ${meaning}\n# Default: ${fallback.replaceAll('`', '')}\n#${name}=\n`,
  )
  const intro = '# Copy to .env and take the # off what you set. Made by `npm run generate`.\n'
  return [intro, ...entries].join('\n')
}

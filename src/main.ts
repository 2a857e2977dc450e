// First of all: one thread a core hashes passwords fastest (docs/decisions).
process.env.UV_THREADPOOL_SIZE ??= String(availableParallelism())

import { existsSync } from 'node:fs'
import { availableParallelism } from 'node:os'
import { parseArgs } from 'node:util'
import { developmentKeys } from './development-keys.ts'
import { CannotStart } from './lib/cannot-start.ts'
import { describeOdds } from './odds.ts'
import {
  describeSettings,
  readSettings,
  UnusableSettings,
  unknownSettings,
} from './read-settings.ts'
import { startServer } from './server.ts'
import type { Settings } from './settings.ts'
import { migrate, openStore } from './store/open.ts'
import { version } from './version.ts'

const usage = `latchkey ${version}, the sign-in service in which people own their second factor

  latchkey [serve]     run the service
  latchkey migrate     bring the database up to date, and end
  latchkey settings    list every setting: what it is now, what it means
  latchkey --help      this
  latchkey --version   the version

Settings come from the environment and from a file .env in this folder.`

/** Exit codes of sysexits.h, where they say more than 1. */
const exit = { failed: 1, usage: 64, settings: 78 }

async function main(): Promise<void> {
  const { command, help, showVersion } = readCommandLine()
  if (help) return console.log(usage)
  if (showVersion) return console.log(version)
  readEnvFile()

  switch (command) {
    case 'serve':
      return serve(readSettings(process.env))
    case 'migrate':
      return runMigrations(readSettings(process.env))
    case 'settings':
      return printSettings()
    default:
      console.error(`There is no command “${command}”.\n\n${usage}`)
      process.exitCode = exit.usage
  }
}

function readCommandLine() {
  try {
    const { values, positionals } = parseArgs({
      allowPositionals: true,
      options: { help: { type: 'boolean', short: 'h' }, version: { type: 'boolean', short: 'v' } },
    })
    const [command = 'serve', unexpected] = positionals
    if (unexpected !== undefined) throw new Error(`There is nothing to do with “${unexpected}”.`)
    return { command, help: values.help, showVersion: values.version }
  } catch (error) {
    console.error(`${(error as Error).message}\n\n${usage}`)
    process.exit(exit.usage)
  }
}

function readEnvFile(): void {
  if (!existsSync('.env')) return
  try {
    process.loadEnvFile('.env')
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException
    throw new UnusableSettings([`The file .env in this folder can’t be read (${code}).`])
  }
}

async function serve(settings: Settings): Promise<void> {
  for (const name of unknownSettings(process.env)) {
    console.warn(`${name} is not a setting of this version. “latchkey settings” lists them all.`)
  }
  const encryptionKeys = settings.encryptionKeys ?? developmentKeys(settings.databaseUrl)
  const latchkey = await startServer({ ...settings, encryptionKeys })
  if (settings.mode === 'development') console.log(welcome(settings))

  let stopping = false
  const stop = async () => {
    // The launcher passes signals on that reached us already.
    if (stopping) return
    stopping = true
    await latchkey.close()
    process.exit(0)
  }
  process.on('SIGINT', stop).on('SIGTERM', stop)
  stopWithNpm(stop)
}

/** npm passes no SIGTERM on: only the shell between it and us ends, and we would go on unseen. */
function stopWithNpm(stop: () => void): void {
  if (process.env.npm_lifecycle_event === undefined) return
  const parent = process.ppid
  setInterval(() => process.ppid !== parent && stop(), 500).unref()
}

function welcome({ publicUrl, smtpUrl, smsUrl }: Settings): string {
  const inbox = smtpUrl && smsUrl ? [] : [`  Dev inbox   ${publicUrl}/dev/inbox`]
  const kept = [...(smtpUrl ? [] : ['mail']), ...(smsUrl ? [] : ['texts'])].join(' and ')
  return [
    `Latchkey ${version} is ready.`,
    '',
    `  Start here  ${publicUrl}`,
    `  Reference   ${publicUrl}/docs`,
    ...inbox,
    '',
    kept
      ? `This is development: ${kept} stay in the dev inbox, nothing is sent. Ctrl-C ends it.`
      : 'This is development. Ctrl-C ends it.',
    '',
  ].join('\n')
}

async function runMigrations(settings: Settings): Promise<void> {
  const db = openStore(settings.databaseUrl)
  const ran = await migrate(db)
  await db.destroy()
  console.log(ran.length > 0 ? `Done: ${ran.join(', ')}.` : 'The database is up to date.')
}

/**
 * Shows every setting, also while some are wrong: that is when one looks. If all are right, it ends
 * with what they leave to guessing.
 */
function printSettings(): void {
  for (const { name, value, default: fallback, meaning } of describeSettings(process.env)) {
    const now = value === undefined ? `not set; default: ${fallback}` : `set: ${value}`
    console.log(`${name}\n  ${now}\n  ${meaning}\n`)
  }
  console.log(describeOdds(readSettings(process.env)))
}

/** For an address that can't be listened on, a sentence that tells what to do. */
function explain(error: NodeJS.ErrnoException & { port?: number; address?: string }) {
  const { code, port, address, syscall, hostname } = error as typeof error & { hostname?: string }
  if (code === 'EADDRINUSE') {
    return `Port ${port} of ${address} is taken by another program. Stop that one, or set LATCHKEY_PORT to another port.`
  }
  if (syscall === 'listen' || syscall === 'getaddrinfo') {
    return `It can’t listen on ${address ? `${address}, port ${port}` : hostname} (${code}). Set LATCHKEY_HOST and LATCHKEY_PORT to what this machine has and this user may use.`
  }
  return undefined
}

main().catch((error) => {
  if (error instanceof UnusableSettings) {
    console.error(error.message)
    process.exit(exit.settings)
  }
  console.error(error instanceof CannotStart ? error.message : (explain(error) ?? error))
  process.exit(exit.failed)
})

// First of all: one thread a core hashes passwords fastest (docs/decisions).
process.env.UV_THREADPOOL_SIZE ??= String(availableParallelism())

import { existsSync } from 'node:fs'
import { availableParallelism } from 'node:os'
import { parseArgs } from 'node:util'
import { type Command, exit, type Options, WrongUsage } from './commands/command.ts'
import { CannotStart } from './lib/cannot-start.ts'
import { Problem } from './lib/problem.ts'
import { UnusableSettings } from './read-settings.ts'
import { version } from './version.ts'

/** Each is read when it is asked for: the service need not know how to make a backup. */
const commands: Record<string, () => Promise<{ default: Command }>> = {
  serve: () => import('./commands/serve.ts'),
  migrate: () => import('./commands/migrate.ts'),
  settings: () => import('./commands/settings.ts'),
  doctor: () => import('./commands/doctor.ts'),
  backup: () => import('./commands/backup.ts'),
  'copy-to-postgres': () => import('./commands/copy-to-postgres.ts'),
  'accounts find': () => import('./commands/accounts/find.ts'),
  'accounts show': () => import('./commands/accounts/show.ts'),
  'accounts mfa-off': () => import('./commands/accounts/mfa-off.ts'),
  'accounts sessions-end': () => import('./commands/accounts/sessions-end.ts'),
  'accounts password-reset': () => import('./commands/accounts/password-reset.ts'),
  'accounts suspend': () => import('./commands/accounts/suspend.ts'),
  'accounts unsuspend': () => import('./commands/accounts/unsuspend.ts'),
  'accounts admin': () => import('./commands/accounts/admin.ts'),
  'accounts create': () => import('./commands/accounts/create.ts'),
  'accounts import': () => import('./commands/accounts/import.ts'),
  'accounts export': () => import('./commands/accounts/export.ts'),
  'keys list': () => import('./commands/keys/list.ts'),
  'keys rotate': () => import('./commands/keys/rotate.ts'),
  'keys new': () => import('./commands/keys/new.ts'),
}

/** Understood behind every command. */
const everywhere = {
  help: { type: 'boolean', short: 'h' },
  version: { type: 'boolean', short: 'v' },
} as const satisfies Options

async function main(typed: string[]): Promise<void> {
  const { name, rest } = nameOf(typed)
  const { default: command } = await (commands[name] as (typeof commands)[string])()
  const { positionals: taken, values } = read(command, rest)
  if (values.version) return console.log(version)
  if (values.help)
    return console.log(rest.length < typed.length ? helpOf(name, command) : await help())
  const wrong = wronglyTaken(command, taken)
  if (wrong) throw new WrongUsage(`${wrong} It is typed like this:\n\n  ${usageOf(name, command)}`)

  const fromEnvFile = readEnvFile()
  const result = await command.run({ taken, values, fromEnvFile })
  if (command.show) console.log(values.json ? JSON.stringify(result) : command.show(result))
  process.exitCode = command.exitCode?.(result) ?? 0
}

/** A command's name is one word or two; without any, it is `serve`. */
function nameOf(typed: string[]): { name: string; rest: string[] } {
  for (const words of [2, 1]) {
    const name = typed.slice(0, words).join(' ')
    if (Object.hasOwn(commands, name)) return { name, rest: typed.slice(words) }
  }
  const [first] = typed
  if (first === undefined || first.startsWith('-')) return { name: 'serve', rest: typed }
  throw new WrongUsage(`There is no command “${first}”.`)
}

function read(command: Command, rest: string[]) {
  const json = command.show && ({ json: { type: 'boolean' } } as const satisfies Options)
  const options: Options = { ...everywhere, ...json, ...command.options }
  try {
    return parseArgs({ args: rest, allowPositionals: true, options })
  } catch (error) {
    // Its first sentence: the others tell of a way out that leads nowhere here.
    throw new WrongUsage((error as Error).message.replace(/\. .*/s, '.'))
  }
}

function wronglyTaken({ takes }: Command, taken: string[]): string | undefined {
  const missing = takes.slice(taken.length).find((one) => !one.endsWith('?'))
  if (missing) return `<${missing}> is missing.`
  const surplus = taken[takes.length]
  return surplus === undefined ? undefined : `There is nothing to do with “${surplus}”.`
}

function usageOf(name: string, { takes, options, show }: Command): string {
  const named = [
    ...Object.entries(options),
    ...(show ? [['json', { type: 'boolean' }] as const] : []),
  ]
  return [
    'latchkey',
    name,
    ...takes.map((one) => (one.endsWith('?') ? `[<${one.slice(0, -1)}>]` : `<${one}>`)),
    ...named.map(([flag, { type }]) => (type === 'string' ? `[--${flag} <…>]` : `[--${flag}]`)),
  ].join(' ')
}

function helpOf(name: string, command: Command): string {
  const { does, optionsHelp, show } = command
  const lines = Object.entries({
    ...optionsHelp,
    ...(show && { json: 'print the result as JSON, for programs' }),
  })
  const width = Math.max(0, ...lines.map(([flag]) => flag.length))
  return [
    `${usageOf(name, command)}\n\n  ${does}`,
    ...(lines.length > 0 ? [''] : []),
    ...lines.map(([flag, meaning]) => `  --${flag.padEnd(width)}  ${meaning}`),
  ].join('\n')
}

async function help(): Promise<string> {
  const loaded = Object.entries(commands).map(async ([name, load]) => {
    return [name, (await load()).default] as const
  })
  const lines = [
    ...(await Promise.all(loaded)).map(([name, { takes, does }]) => {
      const words = takes.map((one) =>
        one.endsWith('?') ? `[${one.slice(0, -1)}]` : one.toUpperCase(),
      )
      return [[name === 'serve' ? '[serve]' : name, ...words].join(' '), does] as const
    }),
    ['--help', 'this; behind a command, all that it understands'] as const,
    ['--version', 'the version'] as const,
  ]
  const width = Math.max(...lines.map(([how]) => how.length))
  return [
    `latchkey ${version}, the sign-in service in which people own their second factor`,
    '',
    ...lines.map(([how, does]) => `  latchkey ${how.padEnd(width)}  ${does}`),
    '',
    'Settings come from the environment and from a file .env in this folder.',
  ].join('\n')
}

/** @returns the names that it gave */
function readEnvFile(): ReadonlySet<string> {
  const before = new Set(Object.keys(process.env))
  if (!existsSync('.env')) return new Set()
  try {
    process.loadEnvFile('.env')
    return new Set(Object.keys(process.env)).difference(before)
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException
    throw new UnusableSettings([`The file .env in this folder can’t be read (${code}).`])
  }
}

/** What to print of an error, and how to end. */
function ending(error: unknown): { said: unknown; code: number } {
  if (error instanceof WrongUsage) {
    const said = `${error.message}\n\n“latchkey --help” lists all commands.`
    return { said, code: exit.usage }
  }
  if (error instanceof UnusableSettings) return { said: error.message, code: exit.settings }
  const expected = error instanceof CannotStart || error instanceof Problem
  return { said: expected ? error.message : error, code: exit.failed }
}

main(process.argv.slice(2)).catch((error) => {
  const { said, code } = ending(error)
  console.error(said)
  process.exit(code)
})

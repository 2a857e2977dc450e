// Before all imports: one thread per core hashes passwords fastest (docs/decisions).
process.env.UV_THREADPOOL_SIZE ??= String(availableParallelism())

import { existsSync } from 'node:fs'
import { availableParallelism } from 'node:os'
import { parseArgs } from 'node:util'
import { InvalidSettingsError } from '../config/read-settings.ts'
import { version } from '../config/version.ts'
import { OperatorError } from '../lib/operator-error.ts'
import { Problem } from '../lib/problem.ts'
import { type Command, exitCodes, type Options, UsageError } from './command.ts'

/** Loaded on demand, so that the service does not load the other commands. */
const commands: Record<string, () => Promise<{ default: Command }>> = {
  serve: () => import('./serve.ts'),
  migrate: () => import('./migrate.ts'),
  settings: () => import('./settings.ts'),
  doctor: () => import('./doctor.ts'),
  backup: () => import('./backup.ts'),
  'copy-to-postgres': () => import('./copy-to-postgres.ts'),
  'accounts find': () => import('./accounts/find.ts'),
  'accounts show': () => import('./accounts/show.ts'),
  'accounts mfa-off': () => import('./accounts/mfa-off.ts'),
  'accounts sessions-end': () => import('./accounts/sessions-end.ts'),
  'accounts password-reset': () => import('./accounts/password-reset.ts'),
  'accounts suspend': () => import('./accounts/suspend.ts'),
  'accounts unsuspend': () => import('./accounts/unsuspend.ts'),
  'accounts admin': () => import('./accounts/admin.ts'),
  'accounts groups': () => import('./accounts/groups.ts'),
  'accounts profile': () => import('./accounts/profile.ts'),
  'accounts create': () => import('./accounts/create.ts'),
  'accounts invite': () => import('./accounts/invite.ts'),
  'accounts import': () => import('./accounts/import.ts'),
  'accounts export': () => import('./accounts/export.ts'),
  'apps add': () => import('./apps/add.ts'),
  'apps list': () => import('./apps/list.ts'),
  'apps show': () => import('./apps/show.ts'),
  'apps secret': () => import('./apps/secret.ts'),
  'apps remove': () => import('./apps/remove.ts'),
  'keys list': () => import('./keys/list.ts'),
  'keys rotate': () => import('./keys/rotate.ts'),
  'keys new': () => import('./keys/new.ts'),
}

/** Options of every command. */
const globalOptions = {
  help: { type: 'boolean', short: 'h' },
  version: { type: 'boolean', short: 'v' },
} as const satisfies Options

async function main(argv: string[]): Promise<void> {
  const { name, rest } = splitCommand(argv)
  const { default: command } = await (commands[name] as (typeof commands)[string])()
  const { positionals, values } = parseOptions(command, rest)
  if (values.version) return console.log(version)
  if (values.help)
    return console.log(rest.length < argv.length ? helpOf(name, command) : await help())
  const problem = argumentsProblem(command, positionals)
  if (problem) throw new UsageError(`${problem} Usage:\n\n  ${usageOf(name, command)}`)

  const envFileNames = readEnvFile()
  const result = await command.run({ positionals, values, envFileNames })
  if (command.format) console.log(values.json ? JSON.stringify(result) : command.format(result))
  process.exitCode = command.exitCode?.(result) ?? 0
}

/** Splits off the name of the command, one or two words; `serve` by default. */
function splitCommand(argv: string[]): { name: string; rest: string[] } {
  for (const words of [2, 1]) {
    const name = argv.slice(0, words).join(' ')
    if (Object.hasOwn(commands, name)) return { name, rest: argv.slice(words) }
  }
  const [first] = argv
  if (first === undefined || first.startsWith('-')) return { name: 'serve', rest: argv }
  throw new UsageError(`There is no command “${first}”.`)
}

function parseOptions(command: Command, rest: string[]) {
  const json = command.format && ({ json: { type: 'boolean' } } as const satisfies Options)
  const options: Options = { ...globalOptions, ...json, ...command.options }
  try {
    return parseArgs({ args: rest, allowPositionals: true, options })
  } catch (error) {
    // The first sentence alone: the others give advice that does not apply here.
    throw new UsageError((error as Error).message.replace(/\. .*/s, '.'))
  }
}

function argumentsProblem({ arguments: args }: Command, positionals: string[]): string | undefined {
  const missing = args.slice(positionals.length).find((arg) => !arg.endsWith('?'))
  if (missing) return `<${missing}> is missing.`
  const surplus = positionals[args.length]
  return surplus === undefined ? undefined : `Unexpected argument “${surplus}”.`
}

function usageOf(name: string, { arguments: args, options, format }: Command): string {
  const named = [
    ...Object.entries(options),
    ...(format ? [['json', { type: 'boolean' }] as const] : []),
  ]
  return [
    'latchkey',
    name,
    ...args.map((arg) => (arg.endsWith('?') ? `[<${arg.slice(0, -1)}>]` : `<${arg}>`)),
    ...named.map(([flag, { type }]) => (type === 'string' ? `[--${flag} <…>]` : `[--${flag}]`)),
  ].join(' ')
}

function helpOf(name: string, command: Command): string {
  const { description, optionsHelp, format } = command
  const lines = Object.entries({
    ...optionsHelp,
    ...(format && { json: 'print the result as JSON' }),
  })
  const width = Math.max(0, ...lines.map(([flag]) => flag.length))
  return [
    `${usageOf(name, command)}\n\n  ${description}`,
    ...(lines.length > 0 ? [''] : []),
    ...lines.map(([flag, meaning]) => `  --${flag.padEnd(width)}  ${meaning}`),
  ].join('\n')
}

async function help(): Promise<string> {
  const loaded = Object.entries(commands).map(async ([name, load]) => {
    return [name, (await load()).default] as const
  })
  const lines = [
    ...(await Promise.all(loaded)).map(([name, { arguments: args, description }]) => {
      const words = args.map((arg) =>
        arg.endsWith('?') ? `[${arg.slice(0, -1)}]` : arg.toUpperCase(),
      )
      return [[name === 'serve' ? '[serve]' : name, ...words].join(' '), description] as const
    }),
    ['--help', 'this help; after a command, its arguments and options'] as const,
    ['--version', 'the version'] as const,
  ]
  const width = Math.max(...lines.map(([usage]) => usage.length))
  return [
    `latchkey ${version}, the sign-in service in which people own their second factor`,
    '',
    ...lines.map(([usage, description]) => `  latchkey ${usage.padEnd(width)}  ${description}`),
    '',
    'Settings come from the environment and from a file .env in the current folder.',
  ].join('\n')
}

/** Loads .env. @returns the names of the variables that it set */
function readEnvFile(): ReadonlySet<string> {
  const before = new Set(Object.keys(process.env))
  if (!existsSync('.env')) return new Set()
  try {
    process.loadEnvFile('.env')
    return new Set(Object.keys(process.env)).difference(before)
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException
    throw new InvalidSettingsError([`The file .env in this folder can’t be read (${code}).`])
  }
}

/** The message to print for an error, and the exit code. */
function exitOf(error: unknown): { message: unknown; code: number } {
  if (error instanceof UsageError) {
    const message = `${error.message}\n\n“latchkey --help” lists all commands.`
    return { message, code: exitCodes.usage }
  }
  if (error instanceof InvalidSettingsError)
    return { message: error.message, code: exitCodes.settings }
  const expected = error instanceof OperatorError || error instanceof Problem
  return { message: expected ? error.message : error, code: exitCodes.failed }
}

main(process.argv.slice(2)).catch((error) => {
  const { message, code } = exitOf(error)
  console.error(message)
  process.exit(code)
})

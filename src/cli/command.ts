import type { ParseArgsConfig, parseArgs } from 'node:util'

export type Options = NonNullable<ParseArgsConfig['options']>
type Values<Named extends Options> = ReturnType<typeof parseArgs<{ options: Named }>>['values']

/** A command: its arguments, what it runs, and how its result is printed. */
export interface Command<Named extends Options = Options, Result = unknown> {
  /** Its line in the help. */
  description: string
  /** The positional arguments, in order; one that ends in `?` is optional. */
  arguments: readonly string[]
  /** The options, `--…`, which may stand anywhere after the name. */
  options: Named
  /** A line of the help for each option. */
  optionsHelp: { readonly [Name in keyof Named]: string }
  run(given: {
    positionals: string[]
    values: Values<Named>
    /** The variables that came from the file .env; the environment takes precedence over it. */
    envFileNames: ReadonlySet<string>
  }): Promise<Result>
  /**
   * Formats the result for people; with `--json` the result is printed as it is. A command without
   * this function prints its own output and has no `--json`.
   */
  format?(result: Result): string
  /** The exit code; 0 by default. */
  exitCode?(result: Result): number
}

/** Returns the definition; TypeScript infers the values of `run` from its options. */
export function defineCommand<const Named extends Options, Result>(
  definition: Command<Named, Result>,
): Command<Named, Result> {
  return definition
}

/** 1, and exit codes of sysexits.h where there is a more specific one. */
export const exitCodes = { failed: 1, usage: 64, data: 65, settings: 78 } as const

/** Wrong arguments or options. The command line adds how to get help. */
export class UsageError extends Error {}

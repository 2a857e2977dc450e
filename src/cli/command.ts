import type { ParseArgsConfig, parseArgs } from 'node:util'

export type Options = NonNullable<ParseArgsConfig['options']>
type Values<Named extends Options> = ReturnType<typeof parseArgs<{ options: Named }>>['values']

/** One command of the command line, as it is read, run and answered. */
export interface Command<Named extends Options = Options, Result = unknown> {
  /** What it does, in a line of the help. */
  description: string
  /** What stands after its name, in order; one that ends in `?` may be left out. */
  arguments: readonly string[]
  /** What may stand anywhere behind its name, with two dashes. */
  options: Named
  /** What the help says of the options, a line each. */
  optionsHelp: { readonly [Name in keyof Named]: string }
  run(given: {
    positionals: string[]
    values: Values<Named>
    /** What the environment got from the file .env; what it had before stands above that. */
    envFileNames: ReadonlySet<string>
  }): Promise<Result>
  /**
   * What came of it, for people; `--json` prints the result itself. A command without it says on
   * its own what it does, and knows no `--json`.
   */
  format?(result: Result): string
  /** 0 unless it says otherwise. */
  exitCode?(result: Result): number
}

/** Has TypeScript derive what `run` is given from the options. */
export function defineCommand<const Named extends Options, Result>(
  definition: Command<Named, Result>,
): Command<Named, Result> {
  return definition
}

/** Exit codes of sysexits.h, where they say more than 1. */
export const exitCodes = { failed: 1, usage: 64, data: 65, settings: 78 } as const

/** What was typed can't be run: said together with how it is typed. */
export class UsageError extends Error {}

import { closeSync, openSync, type ReadStream, writeSync } from 'node:fs'
import { open } from 'node:fs/promises'
import { type ImportSummary, importAccounts } from '../../admin/import.ts'
import { maxLineBytes } from '../../admin/import-record.ts'
import { OperatorError } from '../../lib/operator-error.ts'
import { readLines } from '../../lib/read-lines.ts'
import { toOperatorError } from '../../store/errors.ts'
import { defineCommand, exitCodes } from '../command.ts'
import { withKeys } from '../context.ts'
import { createProgressBar } from '../progress.ts'

/** The result of the command. */
interface ImportCommandResult extends ImportSummary {
  /** Whether it ran with --check and wrote nothing. */
  checked: boolean
}

export default defineCommand({
  description: 'import accounts from a file of JSON lines; - reads standard input',
  arguments: ['file'],
  options: { check: { type: 'boolean' }, refused: { type: 'string' } },
  optionsHelp: {
    check: 'write nothing; only report the lines that would be refused',
    refused: 'a file for the refused lines and reasons, instead of standard error',
  },
  async run({
    positionals: [file = ''],
    values: { check = false, refused },
  }): Promise<ImportCommandResult> {
    const input = await openInput(file)
    return withKeys(async (context) => {
      const report = refused === undefined ? undefined : openReport(refused)
      const bar = createProgressBar(process.stderr)
      let linesDone = 0
      try {
        const imported = await importAccounts(context, readLines(input.chunks, maxLineBytes), {
          dryRun: check,
          onRefused(line, reason) {
            const text = `line ${line}: ${reason}\n`
            if (report === undefined) bar.printAbove(text)
            else writeSync(report, text)
          },
          onProgress(totals, bytes) {
            linesDone = totals.lines
            bar.show(
              `${formatCount(totals.lines)} lines, ${formatCount(totals.refused)} refused`,
              input.size && bytes / input.size,
            )
          },
        })
        return { checked: check, ...imported }
      } catch (error) {
        throw importError(error, linesDone)
      } finally {
        bar.clear()
        if (report !== undefined) closeSync(report)
      }
    })
  },
  format({ checked, lines, imported, already, refused }) {
    const verb = checked ? 'would be imported' : 'imported'
    return `${formatCount(lines)} lines: ${formatCount(imported)} ${verb}, ${formatCount(already)} already there, ${formatCount(refused)} refused.`
  },
  exitCode: ({ refused }) => (refused > 0 ? exitCodes.data : 0),
})

const formatCount = (number: number) => number.toLocaleString('en')

/** @returns the bytes, and their number if it is known @throws OperatorError */
async function openInput(
  file: string,
): Promise<{ chunks: AsyncIterable<Uint8Array>; size: number | undefined }> {
  if (file === '-') return { chunks: process.stdin, size: undefined }
  try {
    const handle = await open(file)
    const stat = await handle.stat()
    if (stat.isDirectory())
      throw new OperatorError('That is a folder. Pass a file, or - for standard input.')
    const chunks: ReadStream = handle.createReadStream()
    return { chunks, size: stat.isFile() ? stat.size : undefined }
  } catch (error) {
    throw unreadableFile(error)
  }
}

function unreadableFile(error: unknown): OperatorError {
  if (error instanceof OperatorError) return error
  const { code } = error as NodeJS.ErrnoException
  return new OperatorError(`The file can’t be read (${code}).`, { cause: error })
}

/** Opens a file that only this user can read: it holds personal data. */
function openReport(file: string): number {
  try {
    return openSync(file, 'w', 0o600)
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException
    throw new OperatorError(`The file of --refused can’t be written (${code}).`, { cause: error })
  }
}

/** Adds to an error that the import can continue. */
function importError(error: unknown, linesDone: number): unknown {
  const isReadError = (error as NodeJS.ErrnoException).syscall === 'read'
  const cause = isReadError ? unreadableFile(error) : toOperatorError(error)
  if (!(cause instanceof OperatorError)) return error
  return new OperatorError(
    `${cause.message} The first ${formatCount(linesDone)} lines are done: run the same command again to continue.`,
    { cause: error },
  )
}

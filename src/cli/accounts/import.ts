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

/** What the command answers. */
interface ImportCommandResult extends ImportSummary {
  /** Whether nothing was written, as was asked. */
  checked: boolean
}

export default defineCommand({
  description: 'bring accounts over from a file of JSON lines; - reads standard input',
  arguments: ['file'],
  options: { check: { type: 'boolean' }, refused: { type: 'string' } },
  optionsHelp: {
    check: 'only say what would be refused; write nothing',
    refused: 'the file to say that in, instead of standard error',
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
    return `Of ${formatCount(lines)} lines ${formatCount(imported)} ${verb}, ${formatCount(already)} were there already, ${formatCount(refused)} refused.`
  },
  exitCode: ({ refused }) => (refused > 0 ? exitCodes.data : 0),
})

const formatCount = (number: number) => number.toLocaleString('en')

/** @throws CannotStart @returns its bytes, and how many there will be, if that is known */
async function openInput(
  file: string,
): Promise<{ chunks: AsyncIterable<Uint8Array>; size: number | undefined }> {
  if (file === '-') return { chunks: process.stdin, size: undefined }
  try {
    const handle = await open(file)
    const stat = await handle.stat()
    if (stat.isDirectory()) throw new OperatorError('That is a folder. Give a file, or - .')
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

/** Only its user may read it: it tells about people. */
function openReport(file: string): number {
  try {
    return openSync(file, 'w', 0o600)
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException
    throw new OperatorError(`The file of --refused can’t be written (${code}).`, { cause: error })
  }
}

/** What ended an import, and that nothing is lost by it. */
function importError(error: unknown, linesDone: number): unknown {
  const isReadError = (error as NodeJS.ErrnoException).syscall === 'read'
  const cause = isReadError ? unreadableFile(error) : toOperatorError(error)
  if (!(cause instanceof OperatorError)) return error
  return new OperatorError(
    `${cause.message} The first ${formatCount(linesDone)} lines are done: run the same again to go on.`,
    { cause: error },
  )
}

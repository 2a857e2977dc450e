import { closeSync, openSync, type ReadStream, writeSync } from 'node:fs'
import { open } from 'node:fs/promises'
import { longestLine } from '../../admin/account-line.ts'
import { type Imported, importAccounts } from '../../admin/import.ts'
import { CannotStart } from '../../lib/cannot-start.ts'
import { linesOf } from '../../lib/lines.ts'
import { unusable } from '../../store/unusable.ts'
import { command, exit } from '../command.ts'
import { inHouse } from '../house.ts'
import { progressOn } from '../progress.ts'

/** What the command answers. */
interface Result extends Imported {
  /** Whether nothing was written, as was asked. */
  checked: boolean
}

export default command({
  does: 'bring accounts over from a file of JSON lines; - reads standard input',
  takes: ['file'],
  options: { check: { type: 'boolean' }, refused: { type: 'string' } },
  optionsHelp: {
    check: 'only say what would be refused; write nothing',
    refused: 'the file to say that in, instead of standard error',
  },
  async run({ taken: [file = ''], values: { check = false, refused } }): Promise<Result> {
    const input = await openInput(file)
    return inHouse(async (house) => {
      const report = refused === undefined ? undefined : openReport(refused)
      const bar = progressOn(process.stderr)
      let done = 0
      try {
        const imported = await importAccounts(house, linesOf(input.chunks, longestLine), {
          check,
          refuse(line, reason) {
            const said = `line ${line}: ${reason}\n`
            if (report === undefined) bar.above(said)
            else writeSync(report, said)
          },
          progress(so, bytes) {
            done = so.lines
            bar.show(
              `${count(so.lines)} lines, ${count(so.refused)} refused`,
              input.size && bytes / input.size,
            )
          },
        })
        return { checked: check, ...imported }
      } catch (error) {
        throw broken(error, done)
      } finally {
        bar.clear()
        if (report !== undefined) closeSync(report)
      }
    })
  },
  show({ checked, lines, imported, already, refused }) {
    const verb = checked ? 'would be imported' : 'imported'
    return `Of ${count(lines)} lines ${count(imported)} ${verb}, ${count(already)} were there already, ${count(refused)} refused.`
  },
  exitCode: ({ refused }) => (refused > 0 ? exit.data : 0),
})

const count = (number: number) => number.toLocaleString('en')

/** @throws CannotStart @returns its bytes, and how many there will be, if that is known */
async function openInput(
  file: string,
): Promise<{ chunks: AsyncIterable<Uint8Array>; size: number | undefined }> {
  if (file === '-') return { chunks: process.stdin, size: undefined }
  try {
    const handle = await open(file)
    const stat = await handle.stat()
    if (stat.isDirectory()) throw new CannotStart('That is a folder. Give a file, or - .')
    const chunks: ReadStream = handle.createReadStream()
    return { chunks, size: stat.isFile() ? stat.size : undefined }
  } catch (error) {
    throw unreadable(error)
  }
}

function unreadable(error: unknown): CannotStart {
  if (error instanceof CannotStart) return error
  const { code } = error as NodeJS.ErrnoException
  return new CannotStart(`The file can’t be read (${code}).`, { cause: error })
}

/** Only its user may read it: it tells about people. */
function openReport(file: string): number {
  try {
    return openSync(file, 'w', 0o600)
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException
    throw new CannotStart(`The file of --refused can’t be written (${code}).`, { cause: error })
  }
}

/** What ended an import, and that nothing is lost by it. */
function broken(error: unknown, done: number): unknown {
  const isOfTheFile = (error as NodeJS.ErrnoException).syscall === 'read'
  const cause = isOfTheFile ? unreadable(error) : unusable(error)
  if (!(cause instanceof CannotStart)) return error
  return new CannotStart(
    `${cause.message} The first ${count(done)} lines are done: run the same again to go on.`,
    { cause: error },
  )
}

import { createWriteStream, openSync, rmSync } from 'node:fs'
import { pipeline } from 'node:stream/promises'
import { exportAccounts } from '../../admin/export.ts'
import { OperatorError } from '../../lib/operator-error.ts'
import { defineCommand } from '../command.ts'
import { type CommandContext, withKeys } from '../context.ts'

export default defineCommand({
  description: 'write every account as a JSON line, as import takes them',
  arguments: [],
  options: { to: { type: 'string' }, secrets: { type: 'boolean' } },
  optionsHelp: {
    to: 'the new file to write, for your eyes alone, instead of standard output',
    secrets: 'also write password hashes and secrets of authenticator apps',
  },
  run: ({ values: { to, secrets = false } }) =>
    withKeys(async (context) => {
      const counts = { accounts: 0, passkeyOnly: 0 }
      const lines = toJsonLines(context, secrets, counts)
      await (to === undefined ? writeToStdout(lines) : writeToFile(to, lines))
      console.error(formatSummary(counts))
    }),
})

interface ExportCounts {
  accounts: number
  /** Whose second factor can’t be brought along. */
  passkeyOnly: number
}

async function* toJsonLines(context: CommandContext, secrets: boolean, counts: ExportCounts) {
  for await (const line of exportAccounts(context, { includeSecrets: secrets })) {
    counts.accounts += 1
    if (line.mfaMethod === 'passkey') counts.passkeyOnly += 1
    yield `${JSON.stringify(line)}\n`
  }
}

async function writeToStdout(lines: AsyncIterable<string>): Promise<void> {
  try {
    await pipeline(lines, process.stdout, { end: false })
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EPIPE') throw error
    throw new OperatorError('Whoever read the accounts stopped before the last.', { cause: error })
  }
}

async function writeToFile(file: string, lines: AsyncIterable<string>): Promise<void> {
  const output = createWriteStream('', { fd: createFile(file) })
  try {
    await pipeline(lines, output)
  } catch (error) {
    // Half of the accounts would look like all of them.
    rmSync(file)
    throw error
  }
}

/** Never over a file that is there: it may be the only copy, and others may be reading it. */
function createFile(file: string): number {
  try {
    return openSync(file, 'wx', 0o600)
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException
    const reason = code === 'EEXIST' ? 'There is a file of that name already' : `${file}: ${code}`
    throw new OperatorError(`The file can’t be made. ${reason}.`, { cause: error })
  }
}

function formatSummary({ accounts, passkeyOnly }: ExportCounts): string {
  const all = `Wrote ${accounts === 1 ? 'one account' : `${accounts.toLocaleString('en')} accounts`}. Passkeys and recovery codes stay behind.`
  if (passkeyOnly === 0) return all
  return `${all} ${passkeyOnly.toLocaleString('en')} of them have a passkey as their only second factor: an import refuses those lines until you choose another “mfaMethod”.`
}

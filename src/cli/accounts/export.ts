import { createWriteStream, openSync, rmSync } from 'node:fs'
import { pipeline } from 'node:stream/promises'
import { exportAccounts } from '../../admin/export.ts'
import { OperatorError } from '../../lib/operator-error.ts'
import { defineCommand } from '../command.ts'
import { type CommandContext, withKeys } from '../context.ts'

export default defineCommand({
  description: 'write all accounts as JSON lines, in the format of import',
  arguments: [],
  options: { to: { type: 'string' }, secrets: { type: 'boolean' } },
  optionsHelp: {
    to: 'a new file to write instead of standard output; only you can read it',
    secrets: 'include password hashes and the secrets of authenticator apps',
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
  /** Accounts whose only second factor is a passkey, which an export leaves out. */
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
    throw new OperatorError('The reader closed the output before the last account.', {
      cause: error,
    })
  }
}

async function writeToFile(file: string, lines: AsyncIterable<string>): Promise<void> {
  const output = createWriteStream('', { fd: createFile(file) })
  try {
    await pipeline(lines, output)
  } catch (error) {
    // A partial file would look complete.
    rmSync(file)
    throw error
  }
}

/** Creates a file. Fails if it exists: it may be the only copy, or be open elsewhere. */
function createFile(file: string): number {
  try {
    return openSync(file, 'wx', 0o600)
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException
    const reason = code === 'EEXIST' ? 'A file of that name already exists' : `${file}: ${code}`
    throw new OperatorError(`The file can’t be created. ${reason}.`, { cause: error })
  }
}

function formatSummary({ accounts, passkeyOnly }: ExportCounts): string {
  const all = `Wrote ${accounts === 1 ? 'one account' : `${accounts.toLocaleString('en')} accounts`}. Passkeys and recovery codes are not exported.`
  if (passkeyOnly === 0) return all
  return `${all} ${passkeyOnly.toLocaleString('en')} of them have a passkey as their only second factor: an import refuses those lines until you set another “mfaMethod”.`
}

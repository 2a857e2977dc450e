import { createWriteStream, openSync, rmSync } from 'node:fs'
import { pipeline } from 'node:stream/promises'
import { exportAccounts } from '../../admin/export.ts'
import { CannotStart } from '../../lib/cannot-start.ts'
import { command } from '../command.ts'
import { type CommandHouse, inHouse } from '../house.ts'

export default command({
  does: 'write every account as a JSON line, as import takes them',
  takes: [],
  options: { to: { type: 'string' }, secrets: { type: 'boolean' } },
  optionsHelp: {
    to: 'the new file to write, for your eyes alone, instead of standard output',
    secrets: 'also write password hashes and secrets of authenticator apps',
  },
  run: ({ values: { to, secrets = false } }) =>
    inHouse(async (house) => {
      const told = { accounts: 0, byPasskeyAlone: 0 }
      const lines = textOf(house, secrets, told)
      await (to === undefined ? print(lines) : writeTo(to, lines))
      console.error(summary(told))
    }),
})

interface Told {
  accounts: number
  /** Whose second factor can’t be brought along. */
  byPasskeyAlone: number
}

async function* textOf(house: CommandHouse, secrets: boolean, told: Told) {
  for await (const line of exportAccounts(house, { secrets })) {
    told.accounts += 1
    if (line.mfaMethod === 'passkey') told.byPasskeyAlone += 1
    yield `${JSON.stringify(line)}\n`
  }
}

async function print(lines: AsyncIterable<string>): Promise<void> {
  try {
    await pipeline(lines, process.stdout, { end: false })
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EPIPE') throw error
    throw new CannotStart('Whoever read the accounts stopped before the last.', { cause: error })
  }
}

async function writeTo(file: string, lines: AsyncIterable<string>): Promise<void> {
  const output = createWriteStream('', { fd: create(file) })
  try {
    await pipeline(lines, output)
  } catch (error) {
    // Half of the accounts would look like all of them.
    rmSync(file)
    throw error
  }
}

/** Never over a file that is there: it may be the only copy, and others may be reading it. */
function create(file: string): number {
  try {
    return openSync(file, 'wx', 0o600)
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException
    const why = code === 'EEXIST' ? 'There is a file of that name already' : `${file}: ${code}`
    throw new CannotStart(`The file can’t be made. ${why}.`, { cause: error })
  }
}

function summary({ accounts, byPasskeyAlone }: Told): string {
  const all = `Wrote ${accounts === 1 ? 'one account' : `${accounts.toLocaleString('en')} accounts`}. Passkeys and recovery codes stay behind.`
  if (byPasskeyAlone === 0) return all
  return `${all} ${byPasskeyAlone.toLocaleString('en')} of them have a passkey as their only second factor: an import refuses those lines until you choose another “mfaMethod”.`
}

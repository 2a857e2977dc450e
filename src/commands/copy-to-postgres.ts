import { developmentKeysFile } from '../development-keys.ts'
import { CannotStart } from '../lib/cannot-start.ts'
import { database } from '../lib/setting.ts'
import { readSettings } from '../read-settings.ts'
import type { Settings } from '../settings.ts'
import { fileOf } from '../store/file.ts'
import { type Moved, move } from '../store/move.ts'
import { command, exit, WrongUsage } from './command.ts'
import { progressLines, progressOn } from './progress.ts'

export default command({
  does: 'move everything from SQLite to an empty PostgreSQL; the service must be stopped',
  takes: [],
  options: { to: { type: 'string' } },
  optionsHelp: { to: 'where to: postgres://user:password@host/database' },
  async run({ values: { to } }) {
    if (to === undefined) throw new WrongUsage('--to is missing: postgres://user@host/database.')
    if (database.parse(to) === undefined || fileOf(to) !== undefined) {
      throw new WrongUsage('--to must be postgres://user:password@host/database.')
    }
    const settings = readSettings(process.env)
    const from = fileOf(settings.databaseUrl)
    if (from === undefined) {
      throw new CannotStart(
        'LATCHKEY_DATABASE_URL is PostgreSQL already: there is nothing to move.',
      )
    }
    const bar = progressOn(process.stderr)
    const line = progressLines(process.stderr)
    try {
      const moved = await move(from, to, ({ doing, table, done, of }) => {
        if (process.stderr.isTTY) bar.show(`${doing} ${table}`, of === 0 ? 1 : done / of)
        else line(`${doing} ${table}`, done, of)
      })
      return { ...moved, next: nextAfter(moved, settings, to) }
    } finally {
      bar.clear()
    }
  },
  show: (moved) => [...told(moved), ...moved.next].join('\n'),
  exitCode: ({ differences }) => (differences.length > 0 ? exit.data : 0),
})

function told({ rows, tables, differences, resumed }: Moved): string[] {
  if (differences.length === 0) {
    const again = resumed ? ', going on where it had been cut off' : ''
    return [
      `Done${again}: ${rows.toLocaleString('en')} rows of ${Object.keys(tables).length} tables, every one compared on both sides.`,
    ]
  }
  return [
    'Not everything is the same on both sides:',
    ...differences.map(
      ({ table, key, what }) => `  ${[table, key, what].filter(Boolean).join('  ')}`,
    ),
  ]
}

/** What to do now, a sentence each. */
function nextAfter(
  { differences }: Moved,
  { encryptionKeys, databaseUrl }: Settings,
  to: string,
): string[] {
  if (differences.length > 0) {
    return [
      'Somebody wrote to the target, or to SQLite after moving had begun. Make an empty database and move again. SQLite is as it was; no service starts on this target.',
    ]
  }
  const made = developmentKeysFile(databaseUrl)
  const looked = developmentKeysFile(to)
  return [
    'Set LATCHKEY_DATABASE_URL to the address that you gave as --to, leave every other setting as it is, and start Latchkey.',
    ...(encryptionKeys === undefined && made !== looked
      ? [`Copy ${made} to ${looked}, where it is looked for from now on.`]
      : []),
    `${fileOf(databaseUrl)} is as it was. Start nothing on it any more; delete it when you are sure, for it holds everybody’s data.`,
  ]
}

import { developmentKeysPath } from '../config/development-keys.ts'
import { readSettings } from '../config/read-settings.ts'
import { databaseUrl } from '../config/setting.ts'
import type { Settings } from '../config/settings.ts'
import { OperatorError } from '../lib/operator-error.ts'
import { type CopyResult, copyToPostgres } from '../store/copy-to-postgres.ts'
import { sqliteFileOf } from '../store/sqlite-file.ts'
import { defineCommand, exitCodes, UsageError } from './command.ts'
import { createProgressBar, createProgressLog } from './progress.ts'

export default defineCommand({
  description: 'copy everything from SQLite to an empty PostgreSQL; stop the service first',
  arguments: [],
  options: { to: { type: 'string' } },
  optionsHelp: { to: 'the target: postgres://user:password@host/database' },
  async run({ values: { to } }) {
    if (to === undefined) throw new UsageError('--to is missing: postgres://user@host/database.')
    if (databaseUrl.parse(to) === undefined || sqliteFileOf(to) !== undefined) {
      throw new UsageError('--to must be postgres://user:password@host/database.')
    }
    const settings = readSettings(process.env)
    const from = sqliteFileOf(settings.databaseUrl)
    if (from === undefined) {
      throw new OperatorError(
        'LATCHKEY_DATABASE_URL is already PostgreSQL: there is nothing to copy.',
      )
    }
    const bar = createProgressBar(process.stderr)
    const log = createProgressLog(process.stderr)
    try {
      const result = await copyToPostgres(from, to, ({ phase, table, done, total }) => {
        if (process.stderr.isTTY) bar.show(`${phase} ${table}`, total === 0 ? 1 : done / total)
        else log(`${phase} ${table}`, done, total)
      })
      return { ...result, next: nextSteps(result, settings, to) }
    } finally {
      bar.clear()
    }
  },
  format: (result) => [...summaryLines(result), ...result.next].join('\n'),
  exitCode: ({ differences }) => (differences.length > 0 ? exitCodes.data : 0),
})

function summaryLines({ rows, tables, differences, resumed }: CopyResult): string[] {
  if (differences.length === 0) {
    const again = resumed ? ' (continuing an interrupted copy)' : ''
    return [
      `Done${again}: ${rows.toLocaleString('en')} rows of ${Object.keys(tables).length} tables, each compared on both sides.`,
    ]
  }
  return [
    'Source and target differ:',
    ...differences.map(
      ({ table, key, what }) => `  ${[table, key, what].filter(Boolean).join('  ')}`,
    ),
  ]
}

/** The next steps, a sentence each. */
function nextSteps(
  { differences }: CopyResult,
  { encryptionKeys, databaseUrl }: Settings,
  to: string,
): string[] {
  if (differences.length > 0) {
    return [
      'Another program wrote to the target, or to SQLite during the copy. Create an empty database and copy again. The copy changes nothing in SQLite, and no service starts on this target.',
    ]
  }
  const keysFile = developmentKeysPath(databaseUrl)
  const targetKeysFile = developmentKeysPath(to)
  return [
    'Set LATCHKEY_DATABASE_URL to the URL of --to, keep all other settings, and start Latchkey.',
    ...(encryptionKeys === undefined && keysFile !== targetKeysFile
      ? [`Copy ${keysFile} to ${targetKeysFile}, where Latchkey now expects it.`]
      : []),
    `${sqliteFileOf(databaseUrl)} is unchanged. Don’t start a service on it again; delete it when you are sure, because it holds everyone’s data.`,
  ]
}

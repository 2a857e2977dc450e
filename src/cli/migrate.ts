import { readSettings } from '../config/read-settings.ts'
import { migrate } from '../store/migrate.ts'
import { openDatabase } from '../store/open.ts'
import { defineCommand } from './command.ts'

export default defineCommand({
  description: 'run the migrations that the database lacks',
  arguments: [],
  options: {},
  optionsHelp: {},
  async run() {
    const db = openDatabase(readSettings(process.env).databaseUrl)
    try {
      return { migrations: await migrate(db) }
    } finally {
      await db.destroy()
    }
  },
  format: ({ migrations }) =>
    migrations.length > 0 ? `Done: ${migrations.join(', ')}.` : 'The database is up to date.',
})

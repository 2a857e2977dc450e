import { readSettings } from '../read-settings.ts'
import { migrate, openStore } from '../store/open.ts'
import { command } from './command.ts'

export default command({
  does: 'bring the database up to date, and end',
  takes: [],
  options: {},
  optionsHelp: {},
  async run() {
    const db = openStore(readSettings(process.env).databaseUrl)
    try {
      return { migrations: await migrate(db) }
    } finally {
      await db.destroy()
    }
  },
  show: ({ migrations }) =>
    migrations.length > 0 ? `Done: ${migrations.join(', ')}.` : 'The database is up to date.',
})

import { appOf, findApp } from '../../apps/app.ts'
import { pendingLogoutsOf } from '../../apps/logout/logout-queue.ts'
import { appNotFound } from '../../apps/register-app.ts'
import { defineCommand } from '../command.ts'
import { withDatabase } from '../context.ts'
import { formatApp, formatLogouts } from './format-app.ts'

export default defineCommand({
  description: 'show an application',
  arguments: ['client-id'],
  options: {},
  optionsHelp: {},
  run: ({ positionals: [id = ''] }) =>
    withDatabase(async ({ db }) => {
      const row = await findApp(db, id)
      if (!row) throw appNotFound(id)
      return { app: appOf(row), logouts: await pendingLogoutsOf(db, id) }
    }),
  format: ({ app, logouts }) => `${formatApp(app)}\n${formatLogouts(logouts)}`,
})

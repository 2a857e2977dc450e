import { appOf, findApp } from '../../apps/app.ts'
import { appNotFound } from '../../apps/register-app.ts'
import { defineCommand } from '../command.ts'
import { withDatabase } from '../context.ts'
import { formatApp } from './format-app.ts'

export default defineCommand({
  description: 'show an application',
  arguments: ['client-id'],
  options: {},
  optionsHelp: {},
  run: ({ positionals: [id = ''] }) =>
    withDatabase(async ({ db }) => {
      const row = await findApp(db, id)
      if (!row) throw appNotFound(id)
      return { app: appOf(row) }
    }),
  format: ({ app }) => formatApp(app),
})

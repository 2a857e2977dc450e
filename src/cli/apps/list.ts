import { listApps } from '../../apps/app.ts'
import { defineCommand } from '../command.ts'
import { withDatabase } from '../context.ts'
import { formatApp } from './format-app.ts'

export default defineCommand({
  description: 'list the applications that send people here to sign in',
  arguments: [],
  options: {},
  optionsHelp: {},
  run: () => withDatabase(async ({ db }) => ({ apps: await listApps(db) })),
  format: ({ apps }) =>
    apps.length > 0 ? apps.map(formatApp).join('\n\n') : 'No application is registered.',
})

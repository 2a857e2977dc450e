import { removeApp } from '../../apps/register-app.ts'
import { defineCommand } from '../command.ts'
import { withDatabase } from '../context.ts'

export default defineCommand({
  description: 'remove an application: its tokens stop working at once',
  arguments: ['client-id'],
  options: {},
  optionsHelp: {},
  run: ({ positionals: [id = ''] }) =>
    withDatabase(async ({ db }) => ({ app: await removeApp(db, id) })),
  format: ({ app }) => `Removed ${app.name}. Its tokens have stopped working.`,
})

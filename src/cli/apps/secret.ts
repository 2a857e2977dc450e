import { rotateAppSecret } from '../../apps/register-app.ts'
import { defineCommand } from '../command.ts'
import { withKeys } from '../context.ts'
import { formatCredentials } from './format-app.ts'

export default defineCommand({
  description: 'replace the secret of an application: the old one stops working at once',
  arguments: ['client-id'],
  options: {},
  optionsHelp: {},
  run: ({ positionals: [id = ''] }) =>
    withKeys(async ({ db, keyring, settings: { publicUrl } }) => ({
      publicUrl,
      ...(await rotateAppSecret({ db, keyring }, id)),
    })),
  format: formatCredentials,
})

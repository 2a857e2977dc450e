import { generateEncryptionKey, validateEncryptionKeys } from '../../config/encryption-key-list.ts'
import { now, toIsoString } from '../../lib/clock.ts'
import { defineCommand, UsageError } from '../command.ts'

export default defineCommand({
  description: 'print a new encryption key for LATCHKEY_ENCRYPTION_KEYS',
  arguments: ['id?'],
  options: {},
  optionsHelp: {},
  async run({ positionals }) {
    const [id = `k${toIsoString(now()).slice(0, 10).replaceAll('-', '')}`] = positionals
    const key = generateEncryptionKey(id)
    if (validateEncryptionKeys(key) !== undefined) {
      throw new UsageError('A key id has 1 to 32 letters, digits, _ and -.')
    }
    console.log(key)
  },
})

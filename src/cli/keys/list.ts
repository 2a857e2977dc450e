import { type KeyList, listKeys } from '../../keys/list-keys.ts'
import { defineCommand } from '../command.ts'
import { withDatabase } from '../context.ts'

export default defineCommand({
  description: 'list signing and encryption keys, and how many values each still seals',
  arguments: [],
  options: {},
  optionsHelp: {},
  run: () => withDatabase(({ db, encryptionKeys }) => listKeys(db, encryptionKeys)),
  format: ({ signingKeys, encryptionKeys }) => {
    const width = Math.max(...encryptionKeys.map(({ id }) => id.length))
    return [
      'Signing keys, for access tokens',
      ...signingKeys.map((key) => `  ${key.id}  ${describeSigningKey(key)}`),
      '',
      'Encryption keys, for secrets in the database',
      ...encryptionKeys.map((key) => `  ${key.id.padEnd(width)}  ${describeEncryptionKey(key)}`),
    ].join('\n')
  },
})

function describeSigningKey(key: KeyList['signingKeys'][number]): string {
  const { state, signsFrom, retiresAt } = key
  const accepted = retiresAt === null ? '' : `; accepted until ${retiresAt}`
  switch (state) {
    case 'published':
      return `published; signs from ${signsFrom}${accepted}`
    case 'signing':
      return `signs since ${signsFrom}${accepted}`
    case 'retiring':
      return `replaced${accepted}`
    case 'retired':
      return `not accepted since ${retiresAt}`
  }
}

function describeEncryptionKey(key: KeyList['encryptionKeys'][number]): string {
  const { configured, primary, sealedValues, hashesKept } = key
  const values = sealedValues === 1 ? 'one value' : `${sealedValues} values`
  if (primary)
    return `primary; ${values} sealed with it${configured ? '' : '; NOT CONFIGURED HERE'}`
  if (sealedValues > 0) {
    return `${values} sealed with it: ${configured ? 'keep it' : 'NOT CONFIGURED HERE, add it again'}`
  }
  if (!hashesKept) return 'not in use: no node has been started with it'
  return configured
    ? 'no value is sealed with it: it can be removed, hashes made under it stay valid'
    : 'removed; hashes made under it stay valid'
}

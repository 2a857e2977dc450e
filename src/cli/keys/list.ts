import { type KeyList, listKeys } from '../../keys/list-keys.ts'
import { defineCommand } from '../command.ts'
import { withDatabase } from '../context.ts'

export default defineCommand({
  description: 'list the keys: what signs, what seals, what still needs which',
  arguments: [],
  options: {},
  optionsHelp: {},
  run: () => withDatabase(({ db, encryptionKeys }) => listKeys(db, encryptionKeys)),
  format: ({ signingKeys, encryptionKeys }) => {
    const width = Math.max(...encryptionKeys.map(({ id }) => id.length))
    return [
      'Signing keys: what access tokens are signed with',
      ...signingKeys.map((key) => `  ${key.id}  ${describeSigningKey(key)}`),
      '',
      'Encryption keys: what secrets in the database are sealed with',
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
      return `signs no more${accepted}`
    case 'retired':
      return `refused since ${retiresAt}`
  }
}

function describeEncryptionKey(key: KeyList['encryptionKeys'][number]): string {
  const { configured, primary, sealedValues, hashesKept } = key
  const values = sealedValues === 1 ? 'one value' : `${sealedValues} values`
  if (primary)
    return `seals all that is new; ${values} sealed with it${configured ? '' : '; NOT GIVEN HERE'}`
  if (sealedValues > 0) {
    return `${values} sealed with it: ${configured ? 'leave it' : 'NOT GIVEN HERE, put it back'}`
  }
  if (!hashesKept) return 'not in use: no node has been started with it'
  return configured
    ? 'nothing is sealed with it; hashes of its time are found without it'
    : 'gone; hashes of its time are still found'
}

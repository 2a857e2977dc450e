import { rotateSigningKey } from '../../keys/rotate-signing-key.ts'
import { defineCommand, exitCodes } from '../command.ts'
import { withKeys } from '../context.ts'

export default defineCommand({
  description: 'replace the key that signs access tokens, without signing anyone out',
  arguments: [],
  options: { now: { type: 'boolean' } },
  optionsHelp: { now: 'for a leaked key: switch in seconds and reject tokens of the old keys' },
  run: ({ values }) =>
    withKeys(({ db, keyring }) =>
      rotateSigningKey(db, keyring, { immediately: values.now ?? false }),
    ),
  format: (result) => {
    const { status, id, signsFrom } = result
    if (status === 'pending') {
      return `Nothing changed: ${id}, of the last rotation, signs only from ${signsFrom} on. If a key has leaked, add --now.`
    }
    const [acceptedUntil] = result.retiring.map((key) => key.acceptedUntil)
    return [
      `${id} is published and signs from ${signsFrom} on.`,
      ...(acceptedUntil
        ? [`Tokens signed by other keys are accepted until ${acceptedUntil}.`]
        : []),
    ].join('\n')
  },
  exitCode: ({ status }) => (status === 'rotated' ? 0 : exitCodes.failed),
})

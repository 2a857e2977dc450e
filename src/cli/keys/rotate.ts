import { rotateSigningKey } from '../../keys/rotate-signing-key.ts'
import { defineCommand, exitCodes } from '../command.ts'
import { withKeys } from '../context.ts'

export default defineCommand({
  description: 'have another key sign access tokens, without signing anyone out',
  arguments: [],
  options: { now: { type: 'boolean' } },
  optionsHelp: { now: 'because a key leaked: in seconds, and refuse what the others signed' },
  run: ({ values }) =>
    withKeys(({ db, keyring }) =>
      rotateSigningKey(db, keyring, { immediately: values.now ?? false }),
    ),
  format: (result) => {
    const { status, id, signsFrom } = result
    if (status === 'pending') {
      return `Nothing was changed: ${id}, of the last rotation, signs from ${signsFrom} only. If a key has leaked, add --now.`
    }
    const [acceptedUntil] = result.retiring.map((key) => key.acceptedUntil)
    return [
      `${id} is published and signs from ${signsFrom}.`,
      ...(acceptedUntil
        ? [`What is signed by another key is accepted until ${acceptedUntil}.`]
        : []),
    ].join('\n')
  },
  exitCode: ({ status }) => (status === 'rotated' ? 0 : exitCodes.failed),
})

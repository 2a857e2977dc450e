import { rotateSigningKey } from '../../sessions/rotate.ts'
import { command, exit } from '../command.ts'
import { inHouse } from '../house.ts'

export default command({
  does: 'have another key sign access tokens, without signing anyone out',
  takes: [],
  options: { now: { type: 'boolean' } },
  optionsHelp: { now: 'because a key leaked: in seconds, and refuse what the others signed' },
  run: ({ values }) =>
    inHouse(({ db, keys }) => rotateSigningKey(db, keys, { atOnce: values.now ?? false })),
  show: (result) => {
    const { status, id, signsFrom } = result
    if (status === 'waiting') {
      return `Nothing was changed: ${id}, of the last rotation, signs from ${signsFrom} only. If a key has leaked, add --now.`
    }
    const [until] = result.retiring.map((key) => key.until)
    return [
      `${id} is published and signs from ${signsFrom}.`,
      ...(until ? [`What is signed by another key is accepted until ${until}.`] : []),
    ].join('\n')
  },
  exitCode: ({ status }) => (status === 'rotated' ? 0 : exit.failed),
})

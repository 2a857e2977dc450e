import { signOutEverywhere } from '../../admin/acts.ts'
import { signEveryoneOut } from '../../admin/everyone.ts'
import { unhurried } from '../../store/open.ts'
import { command, WrongUsage } from '../command.ts'
import { inHouse } from '../house.ts'
import { type Acted, actOn, fromCommandLine, reasonHelp, reasonOption } from './acting.ts'

export default command({
  does: 'sign somebody out everywhere, and trust none of their devices',
  takes: ['account?'],
  options: { ...reasonOption, all: { type: 'boolean' } },
  optionsHelp: { ...reasonHelp, all: 'of everybody, all at once' },
  async run({
    taken: [named],
    values: { reason, all = false },
  }): Promise<Acted | { ended: number }> {
    if (all === (named !== undefined)) {
      throw new WrongUsage(
        'Say whose sessions shall end: one account’s, or with --all everybody’s.',
      )
    }
    if (named !== undefined) return actOn(named, reason, signOutEverywhere)
    const cause = fromCommandLine(reason)
    return inHouse(async ({ db }) => ({
      ended: await unhurried(db, (tx) => signEveryoneOut(tx, cause)),
    }))
  },
  show(result) {
    if ('ended' in result) {
      return `Everybody is signed out, and no device is trusted. Accounts that were signed in: ${result.ended}. It stands in their activity; no mail is sent.`
    }
    const { changed, user } = result
    return changed
      ? `${user.email} is signed out everywhere, and no device is trusted. The owner is told.`
      : `${user.email} was signed in nowhere. Nothing was changed.`
  },
})

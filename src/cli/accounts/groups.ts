import { setGroups } from '../../accounts/groups.ts'
import { readGroups } from '../../accounts/read-groups.ts'
import { defineCommand, UsageError } from '../command.ts'
import { type ActionResult, reasonHelp, reasonOption, runAction } from './operator-action.ts'

export default defineCommand({
  description: 'show or change the groups of an account, which applications may read',
  arguments: ['account'],
  options: {
    add: { type: 'string' },
    remove: { type: 'string' },
    set: { type: 'string' },
    ...reasonOption,
  },
  optionsHelp: {
    add: 'groups to add, separated by commas',
    remove: 'groups to remove, separated by commas',
    set: 'all groups, separated by commas; "" for none',
    ...reasonHelp,
  },
  run({ positionals: [idOrEmail = ''], values }): Promise<ActionResult> {
    const { add, remove, set, reason } = values
    if (set !== undefined && (add !== undefined || remove !== undefined)) {
      throw new UsageError('Pass --set alone, or --add and --remove.')
    }
    return runAction(idOrEmail, reason, async (tx, account, cause) => {
      const before = await readGroups(tx, account.id)
      const removed = new Set(split(remove))
      const kept = before.filter((group) => !removed.has(group))
      return setGroups(
        tx,
        account,
        set === undefined ? [...kept, ...split(add)] : split(set),
        cause,
      )
    })
  },
  format({ changed, user: { email, profile } }) {
    const groups = profile.groups.join(', ') || 'no groups'
    return changed ? `${email} now has: ${groups}.` : `${email} has: ${groups}. Nothing changed.`
  },
})

function split(list: string | undefined): string[] {
  const labels = (list ?? '').split(',').map((label) => label.trim())
  return labels.filter((label) => label !== '')
}

import { setOperatorRole } from '../../admin/operator-role.ts'
import { defineCommand } from '../command.ts'
import { type ActionResult, runAction } from './operator-action.ts'

export default defineCommand({
  description: 'let an account’s owner help other people, by the calls under /admin',
  arguments: ['account'],
  options: { remove: { type: 'boolean' } },
  optionsHelp: { remove: 'let them no longer' },
  run: async ({ positionals: [idOrEmail = ''], values: { remove = false } }) =>
    runAction(idOrEmail, undefined, (tx, account, cause) =>
      setOperatorRole(tx, account, cause, !remove),
    ),
  format: ({ changed, user }: ActionResult) => {
    const { email, adminSince } = user
    const role = adminSince === null ? 'no operator' : 'an operator'
    return changed
      ? `${email} is ${role} from now on. The owner is told.`
      : `${email} was ${role} already. Nothing was changed.`
  },
})

import { setOperatorRole } from '../../admin/operator-role.ts'
import { defineCommand } from '../command.ts'
import { type ActionResult, runAction } from './operator-action.ts'

export default defineCommand({
  description: 'make an account’s owner an operator, who may use the calls under /admin',
  arguments: ['account'],
  options: { remove: { type: 'boolean' } },
  optionsHelp: { remove: 'take the operator role away' },
  run: async ({ positionals: [idOrEmail = ''], values: { remove = false } }) =>
    runAction(idOrEmail, undefined, (tx, account, cause) =>
      setOperatorRole(tx, account, cause, !remove),
    ),
  format: ({ changed, user }: ActionResult) => {
    const { email, adminSince } = user
    const role = adminSince === null ? 'not an operator' : 'an operator'
    return changed
      ? `${email} is now ${role}. The owner is notified.`
      : `${email} was already ${role}. Nothing changed.`
  },
})

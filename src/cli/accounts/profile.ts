import { parseProfileChange, parseUsername } from '../../accounts/profile-fields.ts'
import { changeUserProfile } from '../../admin/profile-actions.ts'
import type { AttributeDefinition } from '../../config/profile-attributes.ts'
import { defineCommand, UsageError } from '../command.ts'
import { formatAccount } from './format-account.ts'
import { type ActionResult, reasonHelp, reasonOption, runAction } from './operator-action.ts'

export default defineCommand({
  description: 'show or change the profile of an account, which applications may read',
  arguments: ['account'],
  options: {
    name: { type: 'string' },
    username: { type: 'string' },
    picture: { type: 'string' },
    attribute: { type: 'string', multiple: true },
    ...reasonOption,
  },
  optionsHelp: {
    name: 'the display name; "" removes it',
    username: 'the username, which only operators change; "" removes it',
    picture: 'the https URL of a picture; "" removes it',
    attribute: 'name=value of a declared attribute; name= removes it; may be repeated',
    ...reasonHelp,
  },
  run({ positionals: [idOrEmail = ''], values }): Promise<ActionResult> {
    const { name, username, picture, attribute = [], reason } = values
    return runAction(idOrEmail, reason, (tx, account, cause, { profileAttributes }) => {
      const fields = {
        name: nullIfEmpty(name),
        picture: nullIfEmpty(picture),
        attributes: Object.fromEntries(
          attribute.map((input) => parseAttributeOption(profileAttributes, input)),
        ),
      }
      const change = parseProfileChange(profileAttributes, fields, 'operator')
      const preferredUsername = nullIfEmpty(username)
      return changeUserProfile(
        tx,
        account,
        {
          ...change,
          ...(preferredUsername !== undefined && {
            preferredUsername: preferredUsername && parseUsername(preferredUsername),
          }),
        },
        cause,
      )
    })
  },
  format: ({ changed, user }) =>
    `${formatAccount(user)}\n${changed ? 'The profile is changed.' : 'Nothing changed.'}`,
})

function nullIfEmpty(value: string | undefined): string | null | undefined {
  return value === '' ? null : value
}

/** Parses `name=value` by the declared type. A value of another type stays text, and is refused later. */
function parseAttributeOption(
  definitions: readonly AttributeDefinition[],
  input: string,
): [name: string, value: string | number | boolean | null] {
  const [, name = '', value = ''] = /^([^=]+)=(.*)$/s.exec(input) ?? []
  if (name === '') throw new UsageError(`--attribute “${input}” is not name=value.`)
  if (value === '') return [name, null]
  const type = definitions.find((definition) => definition.name === name)?.type
  if (type === 'boolean' && /^(true|false)$/.test(value)) return [name, value === 'true']
  if (type === 'number' && value.trim() !== '' && Number.isFinite(Number(value))) {
    return [name, Number(value)]
  }
  return [name, value]
}

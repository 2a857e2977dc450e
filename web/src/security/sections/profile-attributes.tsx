import type { ProfileAttribute } from '../../../../client/latchkey.ts'
import { Field } from '../../components/field.tsx'
import { config } from '../../config.ts'
import { t } from '../i18n.ts'

type Value = string | number | boolean

/** A line of the profile; without a value it is left out. */
export type ProfileFact = [label: string, value: string | undefined]

/** The name of an attribute's field: the path of its errors. */
export const fieldOf = ({ name }: ProfileAttribute) => `attributes/${name}`

export function AttributeField(props: {
  attribute: ProfileAttribute
  value: Value | undefined
  error: string | undefined
}) {
  const { attribute, value, error } = props
  if (attribute.type === 'boolean') {
    return (
      <label class="checkbox">
        <input type="checkbox" name={fieldOf(attribute)} defaultChecked={value === true} />
        {labelOf(attribute)}
      </label>
    )
  }
  return (
    <Field
      name={fieldOf(attribute)}
      label={labelOf(attribute)}
      defaultValue={value === undefined ? '' : String(value)}
      autocomplete="off"
      maxLength={200}
      error={error}
    />
  )
}

/** The typed value of an attribute; null without one. */
export function typedValueOf(
  attribute: ProfileAttribute,
  fields: Record<string, string>,
  before: Record<string, Value>,
): Value | null {
  const typed = fields[fieldOf(attribute)]?.trim()
  // An unchecked box is no answer yet if there was none before.
  if (attribute.type === 'boolean') {
    return typed !== undefined || (attribute.name in before ? false : null)
  }
  if (!typed) return null
  const number = Number(typed.replace(',', '.'))
  return attribute.type === 'number' && Number.isFinite(number) ? number : typed
}

function labelOf({ name, label }: ProfileAttribute): string {
  return label[config.language] ?? label.en ?? name
}

/** An attribute in words. */
export function factOf(attribute: ProfileAttribute, values: Record<string, Value>): ProfileFact {
  const value = values[attribute.name]
  if (value === undefined) return [labelOf(attribute), t.profile.none]
  if (typeof value === 'boolean') return [labelOf(attribute), value ? t.profile.yes : t.profile.no]
  return [labelOf(attribute), String(value)]
}

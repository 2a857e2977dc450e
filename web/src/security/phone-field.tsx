import { useId, useMemo, useState } from 'preact/hooks'
import { Field } from '../forms.tsx'
import { countries, internationalNumber, likelyRegion } from './countries.ts'
import { words } from './words.ts'

/** A phone number with its country. Whatever is pasted with a plus counts as it is. */
export function PhoneField({ error }: { error?: string | undefined }) {
  const id = useId()
  const all = useMemo(countries, [])
  const [region, setRegion] = useState(likelyRegion)
  const [foreign, setForeign] = useState(false)
  const { callingCode = '' } = all.find((one) => one.region === region) ?? {}

  return (
    <>
      <div class="field">
        <label for={id}>{words.phoneField.country}</label>
        <select
          id={id}
          name="region"
          autocomplete="country"
          value={region}
          onChange={({ currentTarget }) => setRegion(currentTarget.value)}
        >
          {all.map((one) => (
            <option key={one.region} value={one.region}>
              {one.name} (+{one.callingCode})
            </option>
          ))}
        </select>
      </div>
      <Field
        name="phoneNumber"
        type="tel"
        label={words.phoneField.number}
        autocomplete="tel"
        inputmode="tel"
        maxLength={32}
        autofocus
        required
        error={error}
        inside={
          <span class="prefix" aria-hidden="true" hidden={foreign}>
            +{callingCode}
          </span>
        }
        onInput={({ currentTarget }) => setForeign(/^\s*(\+|00)/.test(currentTarget.value))}
      />
    </>
  )
}

/** The number that was typed there, in international form. */
export function phoneNumberOf({ region, phoneNumber = '' }: Record<string, string>): string {
  const country = countries().find((one) => one.region === region)
  return internationalNumber(country?.callingCode ?? '', phoneNumber)
}

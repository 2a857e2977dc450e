import { useId, useMemo, useState } from 'preact/hooks'
import { Field } from '../components/field.tsx'
import { guessRegion, listCountries, toInternationalNumber } from './countries.ts'
import { t } from './i18n.ts'

/** A phone number with its country, which an international number overrides. */
export function PhoneField({ error }: { error?: string | undefined }) {
  const id = useId()
  const countries = useMemo(listCountries, [])
  const [region, setRegion] = useState(guessRegion)
  const [international, setInternational] = useState(false)
  const { callingCode = '' } = countries.find((country) => country.region === region) ?? {}

  return (
    <>
      <div class="field">
        <label for={id}>{t.phoneField.country}</label>
        <select
          id={id}
          name="region"
          autocomplete="country"
          value={region}
          onChange={({ currentTarget }) => setRegion(currentTarget.value)}
        >
          {countries.map((country) => (
            <option key={country.region} value={country.region}>
              {country.name} (+{country.callingCode})
            </option>
          ))}
        </select>
      </div>
      <Field
        name="phoneNumber"
        type="tel"
        label={t.phoneField.number}
        autocomplete="tel"
        inputmode="tel"
        maxLength={32}
        autofocus
        required
        error={error}
        adornment={
          <span class="prefix" aria-hidden="true" hidden={international}>
            +{callingCode}
          </span>
        }
        onInput={({ currentTarget }) => setInternational(/^\s*(\+|00)/.test(currentTarget.value))}
      />
    </>
  )
}

/** The number from the fields of the form, in international form. */
export function phoneNumberOf({ region, phoneNumber = '' }: Record<string, string>): string {
  const country = listCountries().find((country) => country.region === region)
  return toInternationalNumber(country?.callingCode ?? '', phoneNumber)
}

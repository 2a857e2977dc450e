import { useState } from 'preact/hooks'
import type { ProfileAttribute } from '../../../../client/latchkey.ts'
import { Button } from '../../components/button.tsx'
import { Field } from '../../components/field.tsx'
import { Form } from '../../components/form.tsx'
import { type FailedCall, type Failure, failureOf } from '../../failure.ts'
import { latchkey } from '../../session.ts'
import type { SectionProps } from '../account.ts'
import { CancelButton } from '../cancel-button.tsx'
import { listOf, t } from '../i18n.ts'
import { Section, useSection } from '../section.tsx'
import { securityFailureOf } from '../security-failure.ts'
import { useStepUp } from '../step-up-context.tsx'
import {
  AttributeField,
  factOf,
  fieldOf,
  type ProfileFact,
  typedValueOf,
} from './profile-attributes.tsx'

/** The profile, which applications may read. The picture is not loaded: it may be anywhere. */
export function ProfileSection({ account, onChange }: SectionProps) {
  const { settings } = account
  const { profile } = settings
  const attributes = settings.policy.profileAttributes
  const ownAttributes = attributes.filter(({ editableBy }) => editableBy === 'owner')
  const withStepUp = useStepUp()
  const section = useSection()
  const [open, setOpen] = useState(false)

  async function changeProfile(fields: Record<string, string>): Promise<Failure | undefined> {
    const changes = ownAttributes.map(
      (attribute) => [attribute.name, typedValueOf(attribute, fields, profile.attributes)] as const,
    )
    const result = await withStepUp(() =>
      latchkey.settings.profile.patch({
        name: fields.name?.trim() || null,
        picture: fields.picture?.trim() || null,
        attributes: Object.fromEntries(changes),
      }),
    )
    if (!result) return undefined
    if (!result.ok) return profileFailureOf(result, attributes)
    setOpen(false)
    onChange({ settings: { ...settings, profile: result.data } })
    section.announce(t.profile.isChanged)
    return undefined
  }

  function startEditing() {
    section.clear()
    setOpen(true)
  }

  function cancel() {
    setOpen(false)
    section.focusHeading()
  }

  const facts: ProfileFact[] = [
    [t.profile.name, profile.name ?? t.profile.none],
    [t.profile.picture, profile.picture ?? t.profile.none],
    ...ownAttributes.map((attribute) => factOf(attribute, profile.attributes)),
  ]
  const operatorFacts: ProfileFact[] = [
    [t.profile.username, profile.preferredUsername ?? undefined],
    [t.profile.groups, profile.groups.length > 0 ? listOf(profile.groups) : undefined],
    ...attributes
      .filter(({ editableBy, name }) => editableBy === 'operator' && name in profile.attributes)
      .map((attribute) => factOf(attribute, profile.attributes)),
  ]
  const shownOperatorFacts = operatorFacts.filter(([, value]) => value !== undefined)

  return (
    <Section state={section} title={t.profile.title}>
      <p class="soft">{t.profile.about}</p>
      {open ? (
        <Form
          onSubmit={changeProfile}
          submitLabel={t.save}
          footer={<CancelButton onClick={cancel} />}
        >
          {(errorFor) => (
            <>
              <Field
                name="name"
                label={t.profile.name}
                defaultValue={profile.name ?? ''}
                autocomplete="name"
                maxLength={100}
                autofocus
                error={errorFor('name')}
              />
              <Field
                name="picture"
                label={t.profile.pictureAddress}
                hint={t.profile.pictureHint}
                defaultValue={profile.picture ?? ''}
                autocomplete="off"
                autocapitalize="none"
                spellcheck={false}
                maxLength={1000}
                error={errorFor('picture')}
              />
              {ownAttributes.map((attribute) => (
                <AttributeField
                  key={attribute.name}
                  attribute={attribute}
                  value={profile.attributes[attribute.name]}
                  error={errorFor(fieldOf(attribute))}
                />
              ))}
            </>
          )}
        </Form>
      ) : (
        <>
          <Facts facts={facts} />
          <div class="buttons">
            <Button onClick={startEditing}>{t.profile.change}</Button>
          </div>
        </>
      )}
      {shownOperatorFacts.length > 0 && (
        <>
          <Facts facts={shownOperatorFacts} />
          <p class="soft">{t.profile.byOperator}</p>
        </>
      )}
    </Section>
  )
}

function Facts({ facts }: { facts: ProfileFact[] }) {
  return (
    <dl class="details">
      {facts.map(([label, value]) => (
        <div key={label}>
          <dt>{label}</dt>
          <dd>{value}</dd>
        </div>
      ))}
    </dl>
  )
}

function profileFailureOf(failed: FailedCall, attributes: ProfileAttribute[]): Failure {
  const { field } = failureOf(failed)
  const type = attributes.find((attribute) => fieldOf(attribute) === field)?.type
  const message = t.profile.errors[(type ?? field) as keyof typeof t.profile.errors]
  return failed.problem.code === 'invalid_request' && message
    ? { message, field }
    : securityFailureOf(failed)
}

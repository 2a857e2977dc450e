import type { Thing, WaysIn } from '../../../client/latchkey.ts'
import { Button } from '../forms.tsx'
import type { Account } from './account.ts'
import type { SettingUp } from './mfa-section.tsx'
import { Section, useSection } from './parts.tsx'
import { listOf, words } from './words.ts'

type Item = { what: Thing; passkey?: { id: string; name: string } }

const advice = words.waysIn

/** What losing one thing would mean, what a thief of one thing could do, and what to do next. */
export function WaysInSection(props: { account: Account; setUp: (what: SettingUp) => void }) {
  const { account, setUp } = props
  const { waysIn, settings } = account
  const section = useSection()
  const [next] = waysIn.advice
  const facts = [
    ...waysIn.ifLost.map((one) => ({ good: one.stillIn, sentence: ifLost(one) })),
    ...waysIn.ifStolen.map((one) => ({
      good: !one.letsIn,
      sentence: ifStolen(one, settings.mfaSignIn.enabled),
    })),
  ]
  const [good, bad] = [true, false].map((kind) => facts.filter((one) => one.good === kind))

  return (
    <Section state={section} title={advice.title}>
      {next ? (
        <div class="notice stack">
          <p>
            <b>{advice.next(advice.advice[next.do].do)}</b> {advice.advice[next.do].why}
          </p>
          {/* The other two are begun in the sections above and below. */}
          {next.do === 'setUpAuthenticator' && (
            <div class="buttons">
              <Button onClick={() => setUp('authenticator')}>{words.app.title}</Button>
            </div>
          )}
        </div>
      ) : (
        <p>{advice.good}</p>
      )}
      <Facts facts={bad} />
      <details>
        <summary>{bad?.length ? advice.otherwise : advice.inEachCase}</summary>
        <Facts facts={good} />
      </details>
    </Section>
  )
}

function Facts({ facts = [] }: { facts: { good: boolean; sentence: string }[] | undefined }) {
  if (facts.length === 0) return null
  return (
    <ul class="facts">
      {facts.map(({ good, sentence }) => (
        <li key={sentence} class={good ? 'good' : 'bad'}>
          {sentence}
        </li>
      ))}
    </ul>
  )
}

function ifLost(item: WaysIn['ifLost'][number]): string {
  const lost = named(advice.lost, item)
  if (!item.stillIn) return advice.lockedOut(lost)
  return advice.stillIn(lost, listOf(item.by.map((thing) => advice.by[thing])))
}

function ifStolen(item: WaysIn['ifStolen'][number], mfaOn: boolean): string {
  const { what, letsIn } = item
  return `${named(advice.stolen, item)}, ${letsIn ? whyIn(what, mfaOn) : whyOut(what)}`
}

function whyIn(what: Thing, mfaOn: boolean): string {
  if (what === 'password') return advice.letsIn.password
  if (what === 'mailbox') return mfaOn ? advice.letsIn.mailboxForBoth : advice.letsIn.mailbox
  return advice.letsIn.other
}

function whyOut(what: Thing): string {
  const { keptOut } = advice
  return what in keptOut ? keptOut[what as keyof typeof keptOut] : keptOut.other
}

function named(
  sentences: Record<Exclude<Thing, 'passkey'>, string> & { passkey: (name: string) => string },
  { what, passkey }: Item,
): string {
  return what === 'passkey' ? sentences.passkey(passkey?.name ?? '') : sentences[what]
}

import type { CredentialKind, WaysIn } from '../../../../client/latchkey.ts'
import { Button } from '../../components/button.tsx'
import type { Account } from '../account.ts'
import { listOf, t } from '../i18n.ts'
import { Section, useSection } from '../section.tsx'
import type { SetUpChoice } from './mfa-section.tsx'

type Item = { what: CredentialKind; passkey?: { id: string; name: string } }

const waysInText = t.waysIn

/** The effects of losing a factor or having it stolen, and the next advice. */
export function WaysInSection(props: { account: Account; onSetUp: (choice: SetUpChoice) => void }) {
  const { account, onSetUp } = props
  const { waysIn, settings } = account
  const section = useSection()
  const [nextAdvice] = waysIn.advice
  const facts = [
    ...waysIn.ifLost.map((item) => ({ safe: item.canChange, sentence: lostSentence(item) })),
    ...waysIn.ifStolen.map((item) => ({
      safe: !item.letsIn,
      sentence: stolenSentence(item, settings.mfaSignIn.enabled),
    })),
  ]
  const [safe, unsafe] = [true, false].map((kind) => facts.filter((fact) => fact.safe === kind))

  return (
    <Section state={section} title={waysInText.title}>
      {nextAdvice ? (
        <div class="notice stack">
          <p>
            <b>{waysInText.next(waysInText.advice[nextAdvice.do].do)}</b>{' '}
            {waysInText.advice[nextAdvice.do].why}
          </p>
          {/* The sections above and below have buttons for the other two. */}
          {nextAdvice.do === 'setUpAuthenticator' && (
            <div class="buttons">
              <Button onClick={() => onSetUp('authenticator')}>{t.authenticator.title}</Button>
            </div>
          )}
        </div>
      ) : (
        unsafe?.length === 0 && <p>{waysInText.good}</p>
      )}
      <Facts facts={unsafe} />
      <details>
        <summary>{unsafe?.length ? waysInText.otherwise : waysInText.inEachCase}</summary>
        <Facts facts={safe} />
      </details>
    </Section>
  )
}

function Facts({ facts = [] }: { facts: { safe: boolean; sentence: string }[] | undefined }) {
  if (facts.length === 0) return null
  return (
    <ul class="facts">
      {facts.map(({ safe, sentence }) => (
        <li key={sentence} class={safe ? undefined : 'warning'}>
          {sentence}
        </li>
      ))}
    </ul>
  )
}

function lostSentence(item: WaysIn['ifLost'][number]): string {
  const lost = sentenceFor(waysInText.lost, item)
  if (!item.stillIn) return waysInText.lockedOut(lost)
  const by = listOf(item.by.map((thing) => waysInText.by[thing]))
  return item.canChange ? waysInText.stillIn(lost, by) : waysInText.onlyIn(lost, by)
}

function stolenSentence(item: WaysIn['ifStolen'][number], mfaOn: boolean): string {
  const { what, letsIn } = item
  return `${sentenceFor(waysInText.stolen, item)}, ${letsIn ? whyLetIn(what, mfaOn) : whyKeptOut(what)}`
}

function whyLetIn(what: CredentialKind, mfaOn: boolean): string {
  if (what === 'password') return waysInText.letsIn.password
  if (what === 'mailbox')
    return mfaOn ? waysInText.letsIn.mailboxForBoth : waysInText.letsIn.mailbox
  return waysInText.letsIn.other
}

function whyKeptOut(what: CredentialKind): string {
  const { keptOut } = waysInText
  return what in keptOut ? keptOut[what as keyof typeof keptOut] : keptOut.other
}

function sentenceFor(
  sentences: Record<Exclude<CredentialKind, 'passkey'>, string> & {
    passkey: (name: string) => string
  },
  { what, passkey }: Item,
): string {
  return what === 'passkey' ? sentences.passkey(passkey?.name ?? '') : sentences[what]
}

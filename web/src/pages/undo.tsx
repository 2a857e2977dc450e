import { useState } from 'preact/hooks'
import type { MfaRequired, Undone } from '../../../client/latchkey.ts'
import { Button } from '../components/button.tsx'
import { HiddenUsername, rememberEmail } from '../components/email-field.tsx'
import { Form } from '../components/form.tsx'
import { Leftovers } from '../components/leftovers.tsx'
import { LinkIncomplete, tokenOfLink } from '../components/link-incomplete.tsx'
import { NewPasswordField, newPasswordFailureOf } from '../components/new-password-field.tsx'
import { Notice } from '../components/notice.tsx'
import { Heading, renderPage } from '../components/page.tsx'
import { type Proof, SecondStep } from '../components/second-step.tsx'
import { type Failure, failureOf } from '../failure.ts'
import { guest } from '../session.ts'
import { text } from '../text.ts'

const t = text.undo

/** Opening the page changes nothing, because mail scanners open links, too. */
function Undo({ token }: { token: string | null }) {
  const [undone, setUndone] = useState<Undone>()
  const [challenge, setChallenge] = useState<MfaRequired>()
  const [step, setStep] = useState<'confirm' | 'incomplete' | 'expired' | 'done'>(
    token ? 'confirm' : 'incomplete',
  )
  const [failure, setFailure] = useState<Failure>()

  async function callUndo(proof?: Proof) {
    const result = await guest.auth.undo.post({ token: token ?? '', ...proof })
    if (!result.ok) {
      if (result.problem.code === 'undo_token_expired') setStep('expired')
    } else if (result.data.status === 'mfaRequired') setChallenge(result.data)
    else {
      // The token has been used and need not stay in the history.
      history.replaceState(null, '', '/undo')
      rememberEmail(result.data.email)
      setUndone(result.data)
    }
    return result
  }

  async function undo() {
    setFailure(undefined)
    const result = await callUndo()
    if (result.ok || result.problem.code === 'undo_token_expired') return
    if (result.problem.code === 'invalid_request') setStep('incomplete')
    else setFailure(failureOf(result))
  }

  function startOver(reason?: Failure) {
    setChallenge(undefined)
    setFailure(reason)
  }

  if (step === 'incomplete') return <LinkIncomplete />
  if (step === 'expired') return <LinkExpired />
  if (step === 'done') return <PasswordSet />
  if (undone) return <ChoosePassword undone={undone} onDone={() => setStep('done')} />
  if (challenge) {
    const { secondStepTitle: title, whySecondStep: why } = t
    return (
      <SecondStep
        challenge={challenge}
        purpose={{ title, why, complete: callUndo }}
        onDone={() => setChallenge(undefined)}
        onStartOver={startOver}
      />
    )
  }
  return (
    <section class="card stack">
      <Heading>{t.title}</Heading>
      <p>{t.about}</p>
      <ul class="bullets">
        {t.whatHappens.map((sentence) => (
          <li key={sentence}>{sentence}</li>
        ))}
      </ul>
      {failure && <Notice kind="error">{failure.message}</Notice>}
      <Button kind="primary" onClick={undo}>
        {t.submit}
      </Button>
      <p class="soft">{t.ifItWasYou}</p>
    </section>
  )
}

function ChoosePassword({ undone, onDone }: { undone: Undone; onDone: () => void }) {
  const { email, resetToken } = undone

  async function resetPassword({ newPassword = '' }: Record<string, string>) {
    const result = await guest.auth.resetPassword.post({ resetToken, newPassword })
    if (!result.ok) {
      const context = { field: 'newPassword', password: newPassword, email }
      return newPasswordFailureOf(result, context)
    }
    onDone()
    return undefined
  }

  return (
    <section class="card stack">
      <Heading autofocus>{t.undone}</Heading>
      <p>{t.nowPassword(email)}</p>
      <Form onSubmit={resetPassword} submitLabel={t.set}>
        {(errorFor) => (
          <>
            <HiddenUsername email={email} />
            <NewPasswordField
              name="newPassword"
              label={text.newPassword.label}
              error={errorFor('newPassword')}
            />
          </>
        )}
      </Form>
      <Leftovers {...undone} />
      <p class="soft">{t.ifLeft}</p>
    </section>
  )
}

function PasswordSet() {
  return (
    <section class="card stack">
      <Heading autofocus>{t.done}</Heading>
      <p>{t.signedOut}</p>
      <a class="button primary" href="/signin">
        {t.signIn}
      </a>
    </section>
  )
}

function LinkExpired() {
  return (
    <section class="card stack">
      <Heading autofocus>{t.expiredTitle}</Heading>
      <p>{t.whyTooLate}</p>
      <p>
        <a href="/forgot">{t.ifLockedOut}</a>
      </p>
    </section>
  )
}

renderPage(<Undo token={tokenOfLink()} />)

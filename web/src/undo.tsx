import './styles.css'
import { useState } from 'preact/hooks'
import { rememberEmail, Username } from './email-field.tsx'
import { Button, type Failure, Form, Notice } from './forms.tsx'
import { NewPasswordField, newPasswordFailureOf } from './new-password.tsx'
import { Heading, show } from './page.tsx'
import { failureOf } from './problems.ts'
import { guest } from './session.ts'
import { text } from './text.ts'

const words = text.undo

interface Undone {
  email: string
  resetToken: string
}

/** Opening the page changes nothing, for mail scanners open links, too. */
function Undo({ token }: { token: string | null }) {
  const [undone, setUndone] = useState<Undone>()
  const [step, setStep] = useState<'ask' | 'incomplete' | 'tooLate' | 'done'>(
    token ? 'ask' : 'incomplete',
  )
  const [failure, setFailure] = useState<Failure>()

  async function undo() {
    setFailure(undefined)
    const answer = await guest.auth.undo.post({ token: token ?? '' })
    if (answer.ok) {
      // It is used; it need not stay in the history.
      history.replaceState(null, '', '/undo')
      rememberEmail(answer.data.email)
      setUndone(answer.data)
    } else if (answer.problem.code === 'undo_token_expired') setStep('tooLate')
    else if (answer.problem.code === 'invalid_request') setStep('incomplete')
    else setFailure(failureOf(answer))
  }

  if (step === 'incomplete') return <Incomplete />
  if (step === 'tooLate') return <TooLate />
  if (step === 'done') return <Done />
  if (undone) return <Choose undone={undone} done={() => setStep('done')} />
  return (
    <section class="card stack">
      <Heading>{words.title}</Heading>
      <p>{words.about}</p>
      <ul class="bullets">
        {words.whatHappens.map((sentence) => (
          <li key={sentence}>{sentence}</li>
        ))}
      </ul>
      {failure && <Notice kind="wrong">{failure.message}</Notice>}
      <Button kind="primary" onClick={undo}>
        {words.submit}
      </Button>
      <p class="soft">{words.ifItWasYou}</p>
    </section>
  )
}

function Choose({ undone, done }: { undone: Undone; done: () => void }) {
  const { email, resetToken } = undone

  async function choose({ newPassword = '' }: Record<string, string>) {
    const answer = await guest.auth.resetPassword.post({ resetToken, newPassword })
    if (!answer.ok) {
      const about = { field: 'newPassword', password: newPassword, email }
      return newPasswordFailureOf(answer, about)
    }
    done()
    return undefined
  }

  return (
    <section class="card stack">
      <Heading focused>{words.undone}</Heading>
      <p>{words.nowPassword(email)}</p>
      <Form onSubmit={choose} submit={words.set}>
        {(failureOf) => (
          <>
            <Username email={email} />
            <NewPasswordField
              name="newPassword"
              label={text.newPassword.label}
              error={failureOf('newPassword')}
            />
          </>
        )}
      </Form>
      <p class="soft">{words.ifLeft}</p>
    </section>
  )
}

function Done() {
  return (
    <section class="card stack">
      <Heading focused>{words.done}</Heading>
      <p>{words.signedOut}</p>
      <a class="button primary" href="/signin">
        {words.signIn}
      </a>
    </section>
  )
}

function Incomplete() {
  return (
    <section class="card stack">
      <Heading focused>{words.incomplete}</Heading>
      <p>{words.openAgain}</p>
    </section>
  )
}

function TooLate() {
  return (
    <section class="card stack">
      <Heading focused>{words.tooLate}</Heading>
      <p>{words.whyTooLate}</p>
      <p>
        <a href="/forgot">{words.ifLockedOut}</a>
      </p>
    </section>
  )
}

// The whole link, put into the address bar of this very page.
addEventListener('hashchange', () => location.reload())

show(<Undo token={new URLSearchParams(location.hash.slice(1)).get('token')} />)

import './styles.css'
import { useState } from 'preact/hooks'
import { CodeField, SendAgain } from './code-field.tsx'
import { EmailField, Username } from './email-field.tsx'
import { type Failure, Form, Notice } from './forms.tsx'
import { pathTo } from './go-on.ts'
import { NewPasswordField, newPasswordFailureOf } from './new-password.tsx'
import { DevInboxHint, Heading, show } from './page.tsx'
import { failureOf } from './problems.ts'
import { guest } from './session.ts'
import { text } from './text.ts'

const words = text.forgot

/** Until another message can be asked for: long enough for the first to arrive. */
const pauseSeconds = 30

/** Signing in leads here, too, after an undo: nobody gets in before there is a new password. */
const afterUndo = location.hash === '#undone'

function Forgot() {
  const [email, setEmail] = useState('')
  const [done, setDone] = useState(false)

  async function ask({ email: typed = '' }: Record<string, string>) {
    const answer = await guest.auth.forgotPassword.post({ email: typed })
    if (!answer.ok) return failureOf(answer)
    setEmail(typed)
    return undefined
  }

  if (done) return <Done />
  if (email) return <Choose email={email} done={() => setDone(true)} />
  return (
    <section class="card stack">
      <Heading>{words.title}</Heading>
      {afterUndo && <Notice>{text.problems.password_reset_required}</Notice>}
      <p>{words.about}</p>
      <Form onSubmit={ask} submit={words.submit}>
        {(failureOf) => <EmailField error={failureOf('email')} autocomplete="username" autofocus />}
      </Form>
      <p>
        <a href={pathTo('/signin')}>{words.backToSignIn}</a>
      </p>
    </section>
  )
}

/** Takes the mailed code, and the new password. */
function Choose({ email, done }: { email: string; done: () => void }) {
  const [said, say] = useState('')
  const [failure, setFailure] = useState<Failure>()

  async function choose({ code = '', newPassword = '' }: Record<string, string>) {
    setFailure(undefined)
    const answer = await guest.auth.resetPassword.post({ email, code, newPassword })
    if (answer.ok) done()
    else {
      const about = { field: 'newPassword', password: newPassword, email }
      return newPasswordFailureOf(answer, about)
    }
    return undefined
  }

  async function sendAgain() {
    say('')
    const answer = await guest.auth.forgotPassword.post({ email })
    if (answer.ok) {
      setFailure(undefined)
      say(text.common.sentAgain)
      return pauseSeconds
    }
    setFailure(failureOf(answer))
    return answer.problem.retryAfter
  }

  return (
    <section class="card stack">
      <Heading>{words.choose}</Heading>
      {failure && <Notice kind="wrong">{failure.message}</Notice>}
      <Form onSubmit={choose} submit={words.set}>
        {(failureOf) => (
          <>
            <Username email={email} />
            <CodeField
              label={words.code}
              kind="digits"
              hint={words.sentTo(email)}
              error={failureOf('code')}
              notAlone
            />
            <NewPasswordField
              name="newPassword"
              label={text.newPassword.label}
              error={failureOf('newPassword')}
            />
          </>
        )}
      </Form>
      <DevInboxHint />
      <SendAgain retryAfter={pauseSeconds} send={sendAgain} />
      <p role="status">{said}</p>
    </section>
  )
}

function Done() {
  return (
    <section class="card stack">
      <Heading focused>{words.done}</Heading>
      <p>{words.signedOut}</p>
      <a class="button primary" href={pathTo('/signin')}>
        {words.signIn}
      </a>
    </section>
  )
}

show(<Forgot />)

import './styles.css'
import { useState } from 'preact/hooks'
import { CodeField, SendAgain } from './code-field.tsx'
import { EmailField, typedEmail } from './email-field.tsx'
import { Button, type Failure, Form, Notice } from './forms.tsx'
import { goOn, pathTo } from './go-on.ts'
import { NewPasswordField, newPasswordFailureOf } from './new-password.tsx'
import { DevInboxHint, Heading, show } from './page.tsx'
import { guest, keep } from './session.ts'
import { text } from './text.ts'

const words = text.signUp

/** Until another message can be asked for: long enough for the first to arrive. */
const pauseSeconds = 30

interface Draft {
  email: string
  password: string
}

/** The service's problem, at the field that it belongs to. */
const failureOf = (answer: Parameters<typeof newPasswordFailureOf>[0], draft: Draft): Failure =>
  newPasswordFailureOf(answer, { ...draft, field: 'password' })

function SignUp() {
  const [draft, setDraft] = useState<Draft>()
  const [asked, setAsked] = useState(false)

  async function begin({ email = '', password = '' }: Record<string, string>) {
    const begun = { email, password }
    setDraft(begun)
    const answer = await guest.auth.signUp.post(begun)
    if (!answer.ok) return failureOf(answer, begun)
    setAsked(true)
    return undefined
  }

  if (draft && asked) return <Verify draft={draft} back={() => setAsked(false)} />
  return (
    <section class="card stack">
      <Heading>{words.title}</Heading>
      <Form onSubmit={begin} submit={words.submit}>
        {(failureOf) => (
          <>
            <EmailField
              error={failureOf('email')}
              autocomplete="username"
              autofocus={typedEmail() === '' || draft !== undefined}
            />
            <NewPasswordField
              name="password"
              label={text.common.password}
              error={failureOf('password')}
              defaultValue={draft?.password}
              autofocus={typedEmail() !== '' && draft === undefined}
            />
          </>
        )}
      </Form>
      <p>
        {words.haveAccount} <a href={pathTo('/signin')}>{words.signIn}</a>
      </p>
    </section>
  )
}

/** The second step: shows that the address is theirs. */
function Verify({ draft, back }: { draft: Draft; back: () => void }) {
  const [said, say] = useState('')
  const [failure, setFailure] = useState<Failure>()

  async function verify({ code = '' }: Record<string, string>) {
    setFailure(undefined)
    // With the password, so that it is the account's, whoever else signed up with this address.
    const answer = await guest.auth.signUp.verify.post({ ...draft, code })
    if (!answer.ok) return failureOf(answer, draft)
    keep(answer.data)
    return goOn()
  }

  async function sendAgain() {
    say('')
    const answer = await guest.auth.signUp.post(draft)
    if (answer.ok) {
      setFailure(undefined)
      say(text.common.sentAgain)
      return pauseSeconds
    }
    setFailure(failureOf(answer, draft))
    return answer.problem.retryAfter
  }

  return (
    <section class="card stack">
      <Heading>{words.checkMail}</Heading>
      {failure && <Notice kind="wrong">{failure.message}</Notice>}
      <Form onSubmit={verify} submit={words.create}>
        {(failureOf) => (
          <CodeField
            label={text.common.code}
            kind="digits"
            hint={words.sentTo(draft.email)}
            error={failureOf('code')}
          />
        )}
      </Form>
      <p class="soft">{words.ifKnown}</p>
      <DevInboxHint />
      <SendAgain retryAfter={pauseSeconds} send={sendAgain} />
      <p role="status">{said}</p>
      <Button kind="link" onClick={back}>
        {words.otherAddress}
      </Button>
    </section>
  )
}

show(<SignUp />)

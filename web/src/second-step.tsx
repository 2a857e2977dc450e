import { useState } from 'preact/hooks'
import { CodeField, SendAgain } from './code-field.tsx'
import { Button, type Failure, Form, Notice } from './forms.tsx'
import { DevInboxHint, Heading } from './page.tsx'
import { getPasskey, passkeysWork } from './passkey.ts'
import { failureOf } from './problems.ts'
import { guest, keep } from './session.ts'
import { text } from './text.ts'

export type Method = keyof typeof text.methods

/** A sign-in whose password was right, as the service tells of it. */
export interface Waiting {
  mfaToken: string
  mfaMethod: Method
  availableMethods: Method[]
  sentTo?: string
}

/** A code that was sent: by which method, where to, and after how long another can be. */
interface Sent {
  by: Method
  to: string
  retryAfter: number
}

/** Until another code can be asked for, where the answer doesn't say. */
const pauseSeconds = 30

/** Asks for the second factor, by whichever method is at hand. */
export function SecondStep(props: {
  waiting: Waiting
  /** To confirm a session: the dialog has the title, and its device is not to be remembered. */
  inDialog?: boolean
  done: () => unknown
  /** @param why what ended this sign-in */
  startOver: (why?: Failure) => void
}) {
  const { waiting, inDialog = false, done, startOver } = props
  const { mfaToken, sentTo } = waiting
  const methods = waiting.availableMethods.filter((name) => name !== 'passkey' || passkeysWork)
  const first = methods.find((name) => name === waiting.mfaMethod) ?? methods[0]
  const [method, setMethod] = useState(first ?? waiting.mfaMethod)
  const [sent, setSent] = useState<Sent | undefined>(
    sentTo ? { by: waiting.mfaMethod, to: sentTo, retryAfter: pauseSeconds } : undefined,
  )
  const [said, say] = useState('')
  const [remember, setRemember] = useState(false)
  const [failure, setFailure] = useState<Failure>()

  async function answer({ code = '' }: Record<string, string>) {
    setFailure(undefined)
    say('')
    const answered = await guest.auth.signIn.mfa.post({
      mfaToken,
      mfaMethod: method,
      code,
      rememberDevice: remember,
    })
    if (answered.ok) {
      keep(answered.data)
      await done()
      return undefined
    }
    const { problem } = answered
    const { message, field } = failureOf(answered, { invalid_code: 'code' })
    const left = problem.code === 'invalid_code' ? problem.attemptsLeft : undefined
    if (left === 0) startOver({ message: text.problems.mfa_token_expired })
    else if (isOver(problem.code)) startOver({ message })
    else if (left === undefined) return { message, field }
    else return { message: `${message} ${text.secondStep.triesLeft(left)}`, field }
    return undefined
  }

  async function answerByPasskey() {
    setFailure(undefined)
    const begun = await guest.auth.signIn.passkey.post({ mfaToken })
    if (!begun.ok) return failed(begun)
    const { options, passkeyToken } = begun.data
    const response = await getPasskey(options).catch(() => 'failed' as const)
    if (response === 'failed') return setFailure({ message: text.problems.passkey_failed })
    if (!response) return
    const answered = await guest.auth.signIn.passkey.verify.post({
      passkeyToken,
      response,
      rememberDevice: remember,
    })
    if (!answered.ok) return failed(answered)
    keep(answered.data)
    await done()
  }

  function failed(answered: Parameters<typeof failureOf>[0]) {
    if (isOver(answered.problem.code)) startOver(failureOf(answered))
    else setFailure(failureOf(answered))
  }

  /** @returns after how many seconds it can be asked for again */
  async function send(by: Method): Promise<number | undefined> {
    setFailure(undefined)
    say('')
    const answered = await guest.auth.signIn.mfaCode.post({ mfaToken, mfaMethod: by })
    if (!answered.ok) {
      failed(answered)
      return answered.problem.retryAfter
    }
    const { sentTo, retryAfter } = answered.data
    setSent({ by, to: sentTo, retryAfter })
    say(text.common.sentAgain)
    return retryAfter
  }

  async function choose(other: Method) {
    setFailure(undefined)
    say('')
    // A code that is on its way stays good until another is sent.
    if (isSent(other) && sent?.by !== other) {
      const answered = await guest.auth.signIn.mfaCode.post({ mfaToken, mfaMethod: other })
      if (!answered.ok) return failed(answered)
      setSent({ by: other, to: answered.data.sentTo, retryAfter: answered.data.retryAfter })
    }
    setMethod(other)
  }

  const mine = sent?.by === method ? sent : undefined
  const others = methods.filter((name) => name !== method)
  const asked = (
    <>
      {text.secondStep[method]} {mine && text.common.codeSentTo(mine.to)}
    </>
  )
  const rememberDevice = !inDialog && (
    <label class="check">
      <input
        type="checkbox"
        checked={remember}
        onChange={({ currentTarget }) => setRemember(currentTarget.checked)}
      />
      {text.secondStep.remember}
    </label>
  )
  return (
    <section class={inDialog ? 'stack' : 'card stack'}>
      {!inDialog && <Heading>{text.secondStep.title}</Heading>}
      {failure && <Notice kind="wrong">{failure.message}</Notice>}
      {isSent(method) && !mine && <Notice>{text.secondStep.notSent}</Notice>}
      {method === 'passkey' ? (
        <>
          <p id="asked">{asked}</p>
          {rememberDevice}
          <Button kind="primary" describedBy="asked" autofocus onClick={answerByPasskey}>
            {text.secondStep.usePasskey}
          </Button>
        </>
      ) : (
        <Form key={method} onSubmit={answer} submit={text.secondStep.submit}>
          {(failureOf) => (
            <>
              <CodeField
                label={method === 'recoveryCode' ? text.methods.recoveryCode : text.common.code}
                kind={method === 'recoveryCode' ? 'recovery' : 'digits'}
                hint={asked}
                error={failureOf('code')}
              />
              {rememberDevice}
            </>
          )}
        </Form>
      )}
      {isSent(method) && (
        <>
          <SendAgain key={method} retryAfter={mine?.retryAfter ?? 0} send={() => send(method)} />
          <DevInboxHint />
        </>
      )}
      <p role="status">{said}</p>
      {others.length > 0 && (
        <nav aria-label={text.secondStep.otherWays} class="stack">
          <h2>{text.secondStep.otherWays}</h2>
          {others.map((name) => (
            <Button key={name} onClick={() => choose(name)}>
              {text.methods[name]}
            </Button>
          ))}
        </nav>
      )}
      <Button kind="link" onClick={() => startOver()}>
        {text.secondStep.startOver}
      </Button>
    </section>
  )
}

/** Whether this sign-in can't be finished any more, by whatever method. */
function isOver(code: string): boolean {
  return ['mfa_token_expired', 'password_reset_required', 'account_suspended'].includes(code)
}

function isSent(method: Method): boolean {
  return method === 'sms' || method === 'email'
}

import { useState } from 'preact/hooks'
import type { AuthenticationResponseJSON, MfaRequired } from '../../../client/latchkey.ts'
import { type FailedCall, type Failure, failureOf } from '../failure.ts'
import { getPasskey, passkeysSupported } from '../passkey.ts'
import { guest, storeTokens } from '../session.ts'
import { text } from '../text.ts'
import { Button } from './button.tsx'
import { CodeField } from './code-field.tsx'
import { DevInboxHint } from './dev-inbox-hint.tsx'
import { Form } from './form.tsx'
import { Notice } from './notice.tsx'
import { Heading } from './page.tsx'
import { ResendCode, resendDelaySeconds } from './resend-code.tsx'

type Method = MfaRequired['mfaMethod']

/** The latest code that was sent. */
interface SentCode {
  method: Method
  /** The recipient, masked. */
  to: string
  /** Seconds until another code can be requested. */
  retryAfter: number
}

/** Proof of the second factor: a code, or a passkey's response. */
export type Proof =
  | { mfaToken: string; mfaMethod: Method; code: string }
  | { passkeyToken: string; response: AuthenticationResponseJSON }

/** Completes a sign-in. */
async function completeSignIn(proof: Proof, rememberDevice: boolean) {
  const { mfa, passkey } = guest.auth.signIn
  const result = await ('code' in proof
    ? mfa.post({ ...proof, rememberDevice })
    : passkey.verify.post({ ...proof, rememberDevice }))
  if (result.ok) storeTokens(result.data)
  return result
}

/** Verifies the second factor, by a method of the owner's choice. */
export function SecondStep(props: {
  challenge: MfaRequired
  /** The purpose of the factor; a sign-in by default, which may be remembered on this device. */
  purpose?: {
    title: string
    why: string
    complete: (proof: Proof) => Promise<{ ok: true } | ({ ok: false } & FailedCall)>
  }
  /** For step-up in a session: the dialog has the heading, and the device is not remembered. */
  inDialog?: boolean
  onDone: () => unknown
  /** @param reason why this sign-in has ended; undefined if the owner starts over */
  onStartOver: (reason?: Failure) => void
}) {
  const { challenge, purpose, inDialog = false, onDone, onStartOver } = props
  const { complete = completeSignIn } = purpose ?? {}
  const { mfaToken, sentTo } = challenge
  const methods = challenge.availableMethods.filter(
    (name) => name !== 'passkey' || passkeysSupported,
  )
  const firstMethod = methods.find((name) => name === challenge.mfaMethod) ?? methods[0]
  const [method, setMethod] = useState(firstMethod ?? challenge.mfaMethod)
  const [sentCode, setSentCode] = useState<SentCode | undefined>(
    sentTo
      ? { method: challenge.mfaMethod, to: sentTo, retryAfter: resendDelaySeconds }
      : undefined,
  )
  const [status, setStatus] = useState('')
  const [remember, setRemember] = useState(false)
  const [failure, setFailure] = useState<Failure>()

  async function verifyCode({ code = '' }: Record<string, string>) {
    setFailure(undefined)
    setStatus('')
    const result = await complete({ mfaToken, mfaMethod: method, code }, remember)
    if (result.ok) {
      await onDone()
      return undefined
    }
    const { problem } = result
    const { message, field } = failureOf(result, { invalid_code: 'code' })
    const attemptsLeft = problem.code === 'invalid_code' ? problem.attemptsLeft : undefined
    if (attemptsLeft === 0) onStartOver({ message: text.problems.mfa_token_expired })
    else if (endsSignIn(problem.code)) onStartOver({ message })
    else if (attemptsLeft === undefined) return { message, field }
    else return { message: `${message} ${text.secondStep.attemptsLeft(attemptsLeft)}`, field }
    return undefined
  }

  async function verifyPasskey() {
    setFailure(undefined)
    const started = await guest.auth.signIn.passkey.post({ mfaToken })
    if (!started.ok) return handleFailure(started)
    const { options, passkeyToken } = started.data
    const response = await getPasskey(options).catch(() => 'failed' as const)
    if (response === 'failed') return setFailure({ message: text.problems.passkey_failed })
    if (!response) return
    const result = await complete({ passkeyToken, response }, remember)
    if (!result.ok) return handleFailure(result)
    await onDone()
  }

  function handleFailure(result: FailedCall) {
    if (endsSignIn(result.problem.code)) onStartOver(failureOf(result))
    else setFailure(failureOf(result))
  }

  /** @returns seconds until another code can be requested */
  async function sendCode(via: Method): Promise<number | undefined> {
    setFailure(undefined)
    setStatus('')
    const result = await guest.auth.signIn.mfaCode.post({ mfaToken, mfaMethod: via })
    if (!result.ok) {
      handleFailure(result)
      return result.problem.retryAfter
    }
    const { sentTo, retryAfter } = result.data
    setSentCode({ method: via, to: sentTo, retryAfter })
    setStatus(text.common.resent)
    return retryAfter
  }

  async function chooseMethod(other: Method) {
    setFailure(undefined)
    setStatus('')
    // A code that was sent remains valid until another one is sent.
    if (sendsCode(other) && sentCode?.method !== other) {
      const result = await guest.auth.signIn.mfaCode.post({ mfaToken, mfaMethod: other })
      if (!result.ok) return handleFailure(result)
      setSentCode({ method: other, to: result.data.sentTo, retryAfter: result.data.retryAfter })
    }
    setMethod(other)
  }

  const currentCode = sentCode?.method === method ? sentCode : undefined
  const others = methods.filter((name) => name !== method)
  const prompt = (
    <>
      {text.secondStep[method]} {currentCode && text.common.codeSentTo(currentCode.to)}
    </>
  )
  const rememberCheckbox = !inDialog && !purpose && (
    <label class="checkbox">
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
      {!inDialog && <Heading>{purpose?.title ?? text.secondStep.title}</Heading>}
      {purpose && <p>{purpose.why}</p>}
      {failure && <Notice kind="error">{failure.message}</Notice>}
      {sendsCode(method) && !currentCode && <Notice>{text.secondStep.notSent}</Notice>}
      {method === 'passkey' ? (
        <>
          <p id="prompt">{prompt}</p>
          {rememberCheckbox}
          <Button kind="primary" describedBy="prompt" autofocus onClick={verifyPasskey}>
            {text.secondStep.usePasskey}
          </Button>
        </>
      ) : (
        <Form key={method} onSubmit={verifyCode} submitLabel={text.secondStep.submit}>
          {(errorFor) => (
            <>
              <CodeField
                label={method === 'recoveryCode' ? text.methods.recoveryCode : text.common.code}
                kind={method === 'recoveryCode' ? 'recovery' : 'digits'}
                hint={prompt}
                error={errorFor('code')}
              />
              {rememberCheckbox}
            </>
          )}
        </Form>
      )}
      {sendsCode(method) && (
        <>
          <ResendCode
            key={method}
            retryAfter={currentCode?.retryAfter ?? 0}
            onResend={() => sendCode(method)}
          />
          <DevInboxHint />
        </>
      )}
      <p role="status">{status}</p>
      {others.length > 0 && (
        <nav aria-label={text.secondStep.otherWays} class="stack">
          <h2>{text.secondStep.otherWays}</h2>
          {others.map((name) => (
            <Button key={name} onClick={() => chooseMethod(name)}>
              {text.methods[name]}
            </Button>
          ))}
        </nav>
      )}
      <Button kind="link" onClick={() => onStartOver()}>
        {text.secondStep.startOver}
      </Button>
    </section>
  )
}

/** Whether no method can complete this sign-in any longer. */
function endsSignIn(code: string): boolean {
  return ['mfa_token_expired', 'password_reset_required', 'account_suspended'].includes(code)
}

function sendsCode(method: Method): boolean {
  return method === 'sms' || method === 'email'
}

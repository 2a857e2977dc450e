import type { ComponentChildren } from 'preact'
import { useState } from 'preact/hooks'
import type { CodeSent } from '../../../client/latchkey.ts'
import { CodeField, SendAgain } from '../code-field.tsx'
import { Button, type Failure, Form, Notice } from '../forms.tsx'
import { DevInboxHint } from '../page.tsx'
import { text } from '../text.ts'
import { Cancel } from './dialog.tsx'
import { StepTitle } from './parts.tsx'
import { whyNot } from './problems.ts'
import { words } from './words.ts'

/** What the service says to an address, or to its code. */
type Answer<Done> =
  | { ok: true; status: 200; data: Done }
  | { ok: true; status: 202; data: CodeSent | { status: 'assertionRequired' } }
  | { ok: false; problem: Parameters<typeof whyNot>[0]['problem'] }

/** Proves an address or a number: it is typed, a code goes there, and the code comes back. */
export function AddressProof<Done>(props: {
  title: string
  submit?: string
  after?: ComponentChildren
  /** @param typed before, by whoever comes back */
  children: (
    failureOf: (field: string) => string | undefined,
    typed: string | undefined,
  ) => ComponentChildren
  /** What was typed; undefined for the one that the service knows. */
  addressOf: (fields: Record<string, string>) => string | undefined
  /** Has a code sent there, or brings it. */
  send: (address: string | undefined, code?: string) => Promise<Answer<Done> | undefined>
  done: (told: Done, address: string | undefined) => void
  cancel: (() => void) | undefined
}) {
  const { title, submit = words.sendCode, after, children, addressOf, send, done, cancel } = props
  const [sent, setSent] = useState<CodeSent>()
  const [address, setAddress] = useState<string>()
  const [failure, setFailure] = useState<Failure>()

  async function ask(to: string | undefined): Promise<Failure | undefined> {
    const answer = await send(to)
    if (!answer) return undefined
    if (!answer.ok) return whyNot(answer)
    setAddress(to)
    if (answer.status === 200) done(answer.data, to)
    else if (answer.data.status === 'codeSent') setSent(answer.data)
    return undefined
  }

  async function askAgain() {
    setFailure(await ask(address))
    return sent?.retryAfter
  }

  async function bring({ code = '' }: Record<string, string>) {
    const answer = await send(address, code)
    if (!answer) return undefined
    if (!answer.ok) return whyNot(answer, { invalid_code: 'code' })
    if (answer.status === 200) done(answer.data, address)
    return undefined
  }

  if (!sent) {
    return (
      <div class="stack">
        <StepTitle>{title}</StepTitle>
        <Form onSubmit={(fields) => ask(addressOf(fields))} submit={submit} after={after}>
          {(failureOf) => children(failureOf, address)}
        </Form>
        {cancel && <Cancel onClick={cancel} />}
      </div>
    )
  }
  return (
    <div class="stack">
      <StepTitle>{words.code.title}</StepTitle>
      {failure && <Notice kind="wrong">{failure.message}</Notice>}
      <Form onSubmit={bring} submit={words.code.submit}>
        {(failureOf) => (
          <CodeField
            label={text.common.code}
            kind="digits"
            hint={text.common.codeSentTo(sent.sentTo)}
            error={failureOf('code')}
          />
        )}
      </Form>
      <SendAgain retryAfter={sent.retryAfter} send={askAgain} />
      <DevInboxHint />
      <Button kind="link" onClick={() => setSent(undefined)}>
        {text.common.back}
      </Button>
      {cancel && <Cancel onClick={cancel} />}
    </div>
  )
}

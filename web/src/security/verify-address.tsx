import type { ComponentChildren } from 'preact'
import { useState } from 'preact/hooks'
import type { CodeSent } from '../../../client/latchkey.ts'
import { Button } from '../components/button.tsx'
import { CodeField } from '../components/code-field.tsx'
import { DevInboxHint } from '../components/dev-inbox-hint.tsx'
import { Form } from '../components/form.tsx'
import { Notice } from '../components/notice.tsx'
import { ResendCode } from '../components/resend-code.tsx'
import type { Failure } from '../failure.ts'
import { text } from '../text.ts'
import { CancelButton } from './cancel-button.tsx'
import { t } from './i18n.ts'
import { securityFailureOf } from './security-failure.ts'
import { StepHeading } from './step-heading.tsx'

/** The response to an address or to its code. */
type Result<Data> =
  | { ok: true; status: 200; data: Data }
  | { ok: true; status: 202; data: CodeSent | { status: 'assertionRequired' } }
  | { ok: false; problem: Parameters<typeof securityFailureOf>[0]['problem'] }

/** Verifies an email address or phone number with a code that is sent there. */
export function VerifyAddress<Data>(props: {
  title: string
  submitLabel?: string
  footer?: ComponentChildren
  /** @param typed the address entered before, after “Back” */
  children: (
    errorFor: (field: string) => string | undefined,
    typed: string | undefined,
  ) => ComponentChildren
  /** The address that was entered; undefined for the one in the account. */
  addressOf: (fields: Record<string, string>) => string | undefined
  /** Other fields of the step that takes the code; the code then waits for the button. */
  codeFields?: ComponentChildren
  /** Requests a code without `code`; verifies it with it. `fields` are those of that step. */
  request: (
    address: string | undefined,
    code: string | undefined,
    fields: Record<string, string>,
  ) => Promise<Result<Data> | undefined>
  onDone: (data: Data, address: string | undefined) => void
  onCancel: (() => void) | undefined
}) {
  const {
    title,
    submitLabel = t.sendCode,
    footer,
    children,
    addressOf,
    codeFields,
    request,
    onDone,
    onCancel,
  } = props
  const [sentCode, setSentCode] = useState<CodeSent>()
  const [typed, setTyped] = useState<Record<string, string>>()
  const address = typed && addressOf(typed)
  const [failure, setFailure] = useState<Failure>()

  async function requestCode(fields: Record<string, string>): Promise<Failure | undefined> {
    const newAddress = addressOf(fields)
    const result = await request(newAddress, undefined, fields)
    if (!result) return undefined
    if (!result.ok) return securityFailureOf(result)
    setTyped(fields)
    if (result.status === 200) onDone(result.data, newAddress)
    else if (result.data.status === 'codeSent') setSentCode(result.data)
    return undefined
  }

  async function resend() {
    setFailure(await requestCode(typed ?? {}))
    return sentCode?.retryAfter
  }

  async function verifyCode({ code = '', ...fields }: Record<string, string>) {
    const result = await request(address, code, fields)
    if (!result) return undefined
    if (!result.ok) return securityFailureOf(result, { invalid_code: 'code' })
    if (result.status === 200) onDone(result.data, address)
    return undefined
  }

  if (!sentCode) {
    return (
      <div class="stack">
        <StepHeading>{title}</StepHeading>
        <Form onSubmit={requestCode} submitLabel={submitLabel} footer={footer}>
          {(errorFor) => children(errorFor, address)}
        </Form>
        {onCancel && <CancelButton onClick={onCancel} />}
      </div>
    )
  }
  return (
    <div class="stack">
      <StepHeading>{t.code.title}</StepHeading>
      {failure && <Notice kind="error">{failure.message}</Notice>}
      <Form onSubmit={verifyCode} submitLabel={t.code.submit}>
        {(errorFor) => (
          <>
            <CodeField
              label={text.common.code}
              kind="digits"
              hint={text.common.codeSentTo(sentCode.sentTo)}
              error={errorFor('code')}
              hasOtherFields={Boolean(codeFields)}
            />
            {codeFields}
          </>
        )}
      </Form>
      <ResendCode retryAfter={sentCode.retryAfter} onResend={resend} />
      <DevInboxHint />
      <Button kind="link" onClick={() => setSentCode(undefined)}>
        {text.common.back}
      </Button>
      {onCancel && <CancelButton onClick={onCancel} />}
    </div>
  )
}

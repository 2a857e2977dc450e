import { useEffect, useState } from 'preact/hooks'
import type { NewMfaSecret } from '../../../client/latchkey.ts'
import { CodeField } from '../code-field.tsx'
import { Button, type Failure, Form, Notice } from '../forms.tsx'
import { latchkey } from '../session.ts'
import { text } from '../text.ts'
import { useAsk } from './asking.tsx'
import { Cancel } from './dialog.tsx'
import { Copy, StepTitle } from './parts.tsx'
import { whyNot } from './problems.ts'
import type { SetUpProps } from './way.ts'
import { words } from './words.ts'

/** An authenticator app: scan, type the code, done. One that is set up already needs the code alone. */
export function SetUpApp({ settings, done, cancel }: SetUpProps) {
  const ask = useAsk()
  const inUse = settings?.mfaSignIn.mfaMethod === 'authenticator'
  const [known, setKnown] = useState(!inUse && settings?.mfaSecret.confirmed === true)
  const [secret, setSecret] = useState<NewMfaSecret>()
  const [failure, setFailure] = useState<Failure>()

  useEffect(() => {
    if (!known) makeSecret()
  }, [known])

  async function makeSecret() {
    setFailure(undefined)
    const answer = await ask(() => latchkey.settings.mfaSecret.post())
    if (!answer) return cancel ? cancel() : setFailure({ message: words.stepUp.why })
    if (answer.ok) setSecret(answer.data)
    else setFailure(whyNot(answer))
  }

  async function turnOn({ code = '' }: Record<string, string>) {
    const answer = await ask(() =>
      latchkey.settings.mfaSignIn.post({ mfaMethod: 'authenticator', code }),
    )
    if (!answer) return undefined
    if (!answer.ok) return whyNot(answer, { invalid_code: 'code' })
    if (answer.status === 200) done(answer.data)
    return undefined
  }

  return (
    <div class="stack">
      <StepTitle>{known ? words.app.knownTitle : words.app.title}</StepTitle>
      {failure && (
        <>
          <Notice kind="wrong">{failure.message}</Notice>
          <Button onClick={makeSecret}>{words.tryAgain}</Button>
        </>
      )}
      {!known && !secret && !failure && <p class="soft">{text.common.working}</p>}
      {known && <p>{words.app.known}</p>}
      {!known && secret && <Secret {...secret} />}
      {(known || secret) && (
        <Form onSubmit={turnOn} submit={words.app.submit}>
          {(failureOf) => (
            <CodeField label={words.app.code} kind="digits" error={failureOf('code')} />
          )}
        </Form>
      )}
      {known && (
        <Button kind="link" onClick={() => setKnown(false)}>
          {words.app.another}
        </Button>
      )}
      {cancel && <Cancel onClick={cancel} />}
    </div>
  )
}

function Secret({ secret, otpauthUri, qrCode }: NewMfaSecret) {
  return (
    <>
      <a class="button on-touch" href={otpauthUri}>
        {words.app.open}
      </a>
      <p>{words.app.scan}</p>
      <img class="qr-code" src={qrCode} alt={words.app.qrCode} width="224" height="224" />
      <p>
        {words.app.orType}
        <br />
        <code class="mono">{secret.match(/.{1,4}/g)?.join(' ')}</code>
      </p>
      <Copy text={secret}>{words.app.copyKey}</Copy>
    </>
  )
}

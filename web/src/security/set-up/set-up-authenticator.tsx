import { useEffect, useState } from 'preact/hooks'
import type { NewMfaSecret } from '../../../../client/latchkey.ts'
import { Button } from '../../components/button.tsx'
import { CodeField } from '../../components/code-field.tsx'
import { Form } from '../../components/form.tsx'
import { Notice } from '../../components/notice.tsx'
import type { Failure } from '../../failure.ts'
import { latchkey } from '../../session.ts'
import { text } from '../../text.ts'
import { CancelButton } from '../cancel-button.tsx'
import { CopyButton } from '../copy-button.tsx'
import { t } from '../i18n.ts'
import { securityFailureOf } from '../security-failure.ts'
import { StepHeading } from '../step-heading.tsx'
import { useStepUp } from '../step-up-context.tsx'
import type { SetUpProps } from './set-up-props.ts'
import { useTurnOn } from './use-turn-on.ts'

/** An app that is already set up only needs its code. */
export function SetUpAuthenticator({ settings, confirming, onDone, onCancel }: SetUpProps) {
  const withStepUp = useStepUp()
  const turnOn = useTurnOn({ confirming })
  const inUse = settings?.mfaSignIn.mfaMethod === 'authenticator'
  const [alreadySetUp, setAlreadySetUp] = useState(!inUse && settings?.mfaSecret.confirmed === true)
  const [secret, setSecret] = useState<NewMfaSecret>()
  const [failure, setFailure] = useState<Failure>()

  useEffect(() => {
    if (!alreadySetUp) createSecret()
  }, [alreadySetUp])

  async function createSecret() {
    setFailure(undefined)
    const result = await withStepUp(() => latchkey.settings.mfaSecret.post())
    if (!result) return onCancel ? onCancel() : setFailure({ message: t.stepUp.why })
    if (result.ok) setSecret(result.data)
    else setFailure(securityFailureOf(result))
  }

  async function verifyCode({ code = '' }: Record<string, string>) {
    const result = await turnOn({ mfaMethod: 'authenticator', code })
    if (!result) return undefined
    if (!result.ok) return securityFailureOf(result, { invalid_code: 'code' })
    if (result.status === 200) onDone(result.data)
    return undefined
  }

  return (
    <div class="stack">
      <StepHeading>
        {!alreadySetUp
          ? t.authenticator.title
          : confirming
            ? t.confirm.titles.authenticator
            : t.authenticator.knownTitle}
      </StepHeading>
      {failure && (
        <>
          <Notice kind="error">{failure.message}</Notice>
          <Button onClick={createSecret}>{t.tryAgain}</Button>
        </>
      )}
      {!alreadySetUp && !secret && !failure && <p class="soft">{text.common.working}</p>}
      {alreadySetUp && <p>{t.authenticator.known}</p>}
      {!alreadySetUp && secret && <NewSecret {...secret} />}
      {(alreadySetUp || secret) && (
        <Form
          onSubmit={verifyCode}
          submitLabel={confirming ? t.confirm.submit : t.authenticator.submit}
        >
          {(errorFor) => (
            <CodeField label={t.authenticator.code} kind="digits" error={errorFor('code')} />
          )}
        </Form>
      )}
      {alreadySetUp && (
        <Button kind="link" onClick={() => setAlreadySetUp(false)}>
          {t.authenticator.another}
        </Button>
      )}
      {onCancel && <CancelButton onClick={onCancel} />}
    </div>
  )
}

function NewSecret({ secret, otpauthUri, qrCode }: NewMfaSecret) {
  return (
    <>
      <a class="button touch-only" href={otpauthUri}>
        {t.authenticator.open}
      </a>
      <p>{t.authenticator.scan}</p>
      <img class="qr-code" src={qrCode} alt={t.authenticator.qrCode} width="224" height="224" />
      <p>
        {t.authenticator.orType}
        <br />
        <code class="mono">{secret.match(/.{1,4}/g)?.join(' ')}</code>
      </p>
      <CopyButton text={secret}>{t.authenticator.copyKey}</CopyButton>
    </>
  )
}

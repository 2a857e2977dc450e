import { useState } from 'preact/hooks'
import type { InvitationText } from '../../../src/i18n/en/invitation.ts'
import { Button } from '../components/button.tsx'
import { HiddenUsername, rememberEmail } from '../components/email-field.tsx'
import { Form } from '../components/form.tsx'
import { LinkIncomplete, tokenOfLink } from '../components/link-incomplete.tsx'
import { NewPasswordField, newPasswordFailureOf } from '../components/new-password-field.tsx'
import { Notice } from '../components/notice.tsx'
import { Heading, renderPage } from '../components/page.tsx'
import { config, type Language } from '../config.ts'
import { type FailedCall, type Failure, failureOf } from '../failure.ts'
import { createPasskey, passkeysSupported } from '../passkey.ts'
import { redirectAfterSignIn } from '../return-to.ts'
import { guest, storeTokens } from '../session.ts'
import { text } from '../text.ts'

/** A catalogue of its own, so that the other pages stay small. */
const catalogues: Record<Language, () => Promise<{ invitation: InvitationText }>> = {
  en: () => import('../../../src/i18n/en/invitation.ts'),
  de: () => import('../../../src/i18n/de/invitation.ts'),
}
const { invitation: t } = await catalogues[config.language]()

interface OpenInvitation {
  email: string
  name: string | null
}

function Invitation({ token, invitation }: { token: string; invitation: OpenInvitation }) {
  const { email, name } = invitation
  const [failure, setFailure] = useState<Failure>()
  const [ended, setEnded] = useState<'expired' | 'taken'>()

  /** Shows the page that a failure leads to. @returns whether there is one */
  function endsHere({ problem }: FailedCall): boolean {
    if (problem.code === 'invitation_expired') setEnded('expired')
    else if (problem.code === 'address_taken') setEnded('taken')
    else return false
    return true
  }

  function finish(signedIn: Parameters<typeof storeTokens>[0]): Promise<never> {
    // The token has been used and need not stay in the history.
    history.replaceState(null, '', '/invitation')
    rememberEmail(email)
    storeTokens(signedIn)
    return redirectAfterSignIn()
  }

  async function acceptWithPassword({ password = '' }: Record<string, string>) {
    setFailure(undefined)
    const result = await guest.auth.invitation.accept.post({ token, password })
    if (result.ok) return finish(result.data)
    if (endsHere(result)) return undefined
    return newPasswordFailureOf(result, { field: 'password', password, email })
  }

  async function acceptWithPasskey(): Promise<Failure | undefined> {
    const { passkey } = guest.auth.invitation
    const started = await passkey.post({ token })
    if (!started.ok) return endsHere(started) ? undefined : failureOf(started)
    const { options, passkeyToken } = started.data
    const response = await createPasskey(options).catch(() => 'failed' as const)
    if (response === undefined) return undefined
    if (typeof response === 'string') return { message: text.problems.passkey_failed }
    const result = await passkey.verify.post({ token, passkeyToken, response })
    if (result.ok) return finish(result.data)
    if (endsHere(result)) return undefined
    const { code } = result.problem
    if (code === 'invalid_passkey') return { message: t.cannotSignInAlone }
    return code === 'passkey_known' ? { message: t.passkeyKnown } : failureOf(result)
  }

  async function handlePasskey() {
    setFailure(undefined)
    setFailure(await acceptWithPasskey())
  }

  if (ended === 'expired') return <LinkExpired />
  if (ended === 'taken') return <AddressTaken email={email} />
  return (
    <section class="card stack">
      <Heading>{t.title(config.brandName)}</Heading>
      <p>{name === null ? t.about(email) : t.aboutNamed(name, email)}</p>
      {failure && <Notice kind="error">{failure.message}</Notice>}
      <Form onSubmit={acceptWithPassword} submitLabel={t.submit}>
        {(errorFor) => (
          <>
            <HiddenUsername email={email} />
            <NewPasswordField
              name="password"
              label={text.common.password}
              error={errorFor('password')}
              autofocus
            />
          </>
        )}
      </Form>
      {passkeysSupported && (
        <>
          <div class="divider">{text.common.or}</div>
          <p class="soft">{t.aboutPasskey}</p>
          <Button onClick={handlePasskey}>{t.withPasskey}</Button>
        </>
      )}
      <p class="soft">{t.ifUnwanted}</p>
    </section>
  )
}

function LinkExpired() {
  return (
    <section class="card stack">
      <Heading autofocus>{t.expired}</Heading>
      <p>{t.whyExpired}</p>
      <p>
        <a href="/signin">{t.ifAccepted}</a> {t.ifNotAccepted}
      </p>
    </section>
  )
}

function AddressTaken({ email }: { email: string }) {
  rememberEmail(email)
  return (
    <section class="card stack">
      <Heading autofocus>{t.taken}</Heading>
      <p>{t.useAccount(email)}</p>
      <a class="button primary" href="/signin">
        {t.signIn}
      </a>
    </section>
  )
}

/** The invitation could not be read just now. */
function Unavailable({ failure }: { failure: Failure }) {
  return (
    <section class="card stack">
      <Heading autofocus>{t.title(config.brandName)}</Heading>
      <Notice kind="error">{failure.message}</Notice>
      <Button kind="primary" onClick={() => location.reload()}>
        {text.common.tryAgain}
      </Button>
    </section>
  )
}

/** Opening the page changes nothing, because mail scanners open links, too. */
async function readLink() {
  const token = tokenOfLink()
  if (!token) return <LinkIncomplete />
  const result = await guest.auth.invitation.post({ token })
  if (result.ok) return <Invitation token={token} invitation={result.data} />
  if (result.problem.code === 'invitation_expired') return <LinkExpired />
  if (result.problem.code === 'invalid_request') return <LinkIncomplete />
  return <Unavailable failure={failureOf(result)} />
}

renderPage(await readLink())

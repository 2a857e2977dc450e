import { useState } from 'preact/hooks'
import type { Authorization } from '../../../client/latchkey.ts'
import { Button } from '../components/button.tsx'
import { Notice } from '../components/notice.tsx'
import { Heading, renderPage } from '../components/page.tsx'
import { config } from '../config.ts'
import { type Failure, failureOf } from '../failure.ts'
import { navigateTo } from '../return-to.ts'
import { getAccessToken, guest, latchkey } from '../session.ts'
import { text } from '../text.ts'
import { AppFailure } from './app-failure.tsx'
import { t } from './i18n.ts'

/** Asks whether an application may know what it asks for. */
function Consent(props: { interaction: string; authorization: Authorization }) {
  const { interaction, authorization } = props
  const { app, scopes } = authorization
  const [failure, setFailure] = useState<Failure>()

  async function answer(allowed: boolean) {
    setFailure(undefined)
    const result = await latchkey.auth.authorization.consent.post({ interaction, allowed })
    if (result.ok) await navigateTo(result.data.redirectTo)
    else setFailure(failureOf(result))
  }

  return (
    <section class="card stack">
      <Heading>{t.consentTitle(app.name)}</Heading>
      {failure && <Notice kind="error">{failure.message}</Notice>}
      <p>{t.consentAbout(app.name)}</p>
      <ul>
        {scopes.map((scope) => (
          <li key={scope}>{t.scopes[scope as keyof typeof t.scopes] ?? scope}</li>
        ))}
      </ul>
      <p class="soft">{t.address(app.url)}</p>
      <div class="buttons">
        <Button kind="primary" onClick={() => answer(true)}>
          {t.allow}
        </Button>
        <Button onClick={() => answer(false)}>{t.deny}</Button>
      </div>
    </section>
  )
}

/** Shows the request of an application to a signed-in person, or leads to signing in. */
export async function openConsent(interaction: string | null) {
  if (interaction === null) {
    return renderPage(<AppFailure failure={{ message: text.problems.authorization_expired }} />)
  }
  if (!(await getAccessToken())) return navigateTo(config.returnTo ?? '/signin')
  const described = await guest.auth.authorization.get({ interaction })
  return renderPage(
    described.ok ? (
      <Consent interaction={interaction} authorization={described.data} />
    ) : (
      <AppFailure failure={failureOf(described)} />
    ),
  )
}

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
      <Heading>{text.apps.consentTitle(app.name)}</Heading>
      {failure && <Notice kind="error">{failure.message}</Notice>}
      <p>{text.apps.consentAbout(app.name)}</p>
      <ul>
        {scopes.map((scope) => (
          <li key={scope}>{text.apps.scopes[scope as keyof typeof text.apps.scopes] ?? scope}</li>
        ))}
      </ul>
      <p class="soft">{text.apps.address(app.url)}</p>
      <div class="buttons">
        <Button kind="primary" onClick={() => answer(true)}>
          {text.apps.allow}
        </Button>
        <Button onClick={() => answer(false)}>{text.apps.deny}</Button>
      </div>
    </section>
  )
}

function Unanswerable({ failure }: { failure: Failure }) {
  return (
    <section class="card stack">
      <Heading>{text.titles['app-error']}</Heading>
      <Notice kind="error">{failure.message}</Notice>
    </section>
  )
}

async function open(interaction: string | null) {
  if (interaction === null) {
    return renderPage(<Unanswerable failure={{ message: text.problems.authorization_expired }} />)
  }
  if (!(await getAccessToken())) return navigateTo(config.returnTo ?? '/signin')
  const described = await guest.auth.authorization.get({ interaction })
  return renderPage(
    described.ok ? (
      <Consent interaction={interaction} authorization={described.data} />
    ) : (
      <Unanswerable failure={failureOf(described)} />
    ),
  )
}

await open(config.interaction)

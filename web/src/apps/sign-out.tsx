import { useState } from 'preact/hooks'
import { Button } from '../components/button.tsx'
import { Notice } from '../components/notice.tsx'
import { Heading } from '../components/page.tsx'
import { navigateTo } from '../return-to.ts'
import { clearTokens } from '../session.ts'
import { text } from '../text.ts'
import { t } from './i18n.ts'

/** The request of an application to sign a person out. */
export interface SignOutRequest {
  view: 'sign-out'
  /** Proves that the answer comes from this page. */
  xsrf: string
  app: string | null
}

/** Asks whether to sign out here, as an application wants it. */
export function SignOut({ xsrf, app }: SignOutRequest) {
  const [failed, setFailed] = useState(false)

  async function answer(fields: Record<string, string>) {
    setFailed(false)
    const response = await fetch('/oidc/logout/confirm', {
      method: 'POST',
      headers: { accept: 'application/json' },
      body: new URLSearchParams({ xsrf, ...fields }),
    }).catch(() => undefined)
    if (!response?.ok) return setFailed(true)
    const { redirectTo } = await response.json()
    if (fields.logout) clearTokens()
    await navigateTo(redirectTo)
  }

  return (
    <section class="card stack">
      <Heading>{t.signOutTitle}</Heading>
      {failed && <Notice kind="error">{text.problems.unavailable}</Notice>}
      <p>{t.signOutAbout(app)}</p>
      <div class="buttons">
        <Button kind="primary" onClick={() => answer({ logout: 'yes' })}>
          {t.signOut}
        </Button>
        <Button onClick={() => answer({})}>{t.stay}</Button>
      </div>
    </section>
  )
}

import type { ComponentChildren } from 'preact'
import { Heading, renderPage } from '../components/page.tsx'
import { config } from '../config.ts'
import { isSignedIn } from '../session.ts'
import { canSignUp, domainHint } from '../sign-up-policy.ts'
import { text } from '../text.ts'

const t = text.start

/** Links for newcomers. Only in development. */
function Start({ signedIn }: { signedIn: boolean }) {
  return (
    <>
      <section class="card">
        <Heading>{t.title(config.brandName)}</Heading>
        <p class="soft">{t.about}</p>
        <h2>{t.tryIt}</h2>
        <ul class="links">
          {signedIn && (
            <LinkItem href="/security" name={t.security}>
              {t.securityAbout}
            </LinkItem>
          )}
          {canSignUp && (
            <LinkItem href="/signup" name={t.signUp}>
              {domainHint() ?? t.signUpAbout}
            </LinkItem>
          )}
          {config.devInbox && (
            <LinkItem href="/dev/inbox" name={t.inbox}>
              {t.inboxAbout}
            </LinkItem>
          )}
          {!signedIn && (
            <LinkItem href="/signin" name={t.signIn}>
              {t.signInAbout}
            </LinkItem>
          )}
        </ul>
      </section>
      <section class="card">
        <h2>{t.build}</h2>
        <ul class="links">
          <LinkItem href="/docs" name={t.reference}>
            {t.referenceAbout}
          </LinkItem>
          <LinkItem href="/docs/errors" name={t.errors}>
            {t.errorsAbout}
          </LinkItem>
          <LinkItem href="/openapi.json" name="openapi.json">
            {t.openapi}
          </LinkItem>
          <LinkItem href="/.well-known/jwks.json" name={t.keys}>
            {t.keysAbout}
          </LinkItem>
        </ul>
      </section>
    </>
  )
}

function LinkItem(props: { href: string; name: string; children: ComponentChildren }) {
  const { href, name, children } = props
  return (
    <li>
      <a href={href}>{name}</a>
      <span class="soft">{children}</span>
    </li>
  )
}

renderPage(<Start signedIn={await isSignedIn()} />, { wide: true })

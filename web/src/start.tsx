import './styles.css'
import type { ComponentChildren } from 'preact'
import { config } from './config.ts'
import { Heading, show } from './page.tsx'
import { accessToken } from './session.ts'
import { text } from './text.ts'

const words = text.start

/** Where a newcomer finds out what this is and where to go on. In development alone. */
function Start({ signedIn }: { signedIn: boolean }) {
  return (
    <>
      <section class="card">
        <Heading>{words.title(config.name)}</Heading>
        <p class="soft">{words.about}</p>
        <h2>{words.tryIt}</h2>
        <ul class="links">
          {signedIn && (
            <Link href="/security" name={words.security}>
              {words.securityAbout}
            </Link>
          )}
          <Link href="/signup" name={words.signUp}>
            {words.signUpAbout}
          </Link>
          {config.devInbox && (
            <Link href="/dev/inbox" name={words.inbox}>
              {words.inboxAbout}
            </Link>
          )}
          {!signedIn && (
            <Link href="/signin" name={words.signIn}>
              {words.signInAbout}
            </Link>
          )}
        </ul>
      </section>
      <section class="card">
        <h2>{words.build}</h2>
        <ul class="links">
          <Link href="/docs" name={words.reference}>
            {words.referenceAbout}
          </Link>
          <Link href="/docs/errors" name={words.errors}>
            {words.errorsAbout}
          </Link>
          <Link href="/openapi.json" name="openapi.json">
            {words.openapi}
          </Link>
          <Link href="/.well-known/jwks.json" name={words.keys}>
            {words.keysAbout}
          </Link>
        </ul>
      </section>
    </>
  )
}

function Link(props: { href: string; name: string; children: ComponentChildren }) {
  const { href, name, children } = props
  return (
    <li>
      <a href={href}>{name}</a>
      <span class="soft">{children}</span>
    </li>
  )
}

show(<Start signedIn={(await accessToken()) !== undefined} />, { wide: true })

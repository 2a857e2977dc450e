import { asText } from '../lib/html.ts'
import type { App } from './app.ts'
import { plainPage } from './page.ts'

/**
 * `/`: where a newcomer finds out what this is and where to go on.
 *
 * @param about.kept what stays in the dev inbox; nothing in production
 */
export function startPage(
  app: App,
  about: { brandName: string; kept: readonly ('email' | 'sms')[] },
): void {
  const { brandName, kept } = about
  const { html, contentSecurityPolicy } = plainPage(
    brandName,
    `
      <h1>${asText(brandName)}</h1>
      <p>A sign-in service in which people own their second factor.</p>${kept.includes('email') ? firstSteps : ''}
      <h2>What is here</h2>
      <dl>
        <dt><a href="docs">The reference</a></dt>
        <dd>Every call, to read and to try.</dd>
        <dt><a href="docs/errors">Errors</a></dt>
        <dd>What each code means, and what to do.</dd>${kept.length > 0 ? inbox : ''}
        <dt><a href="openapi.json">openapi.json</a></dt>
        <dd>The reference, for programs.</dd>
        <dt><a href=".well-known/jwks.json">The keys</a></dt>
        <dd>They verify its access tokens, with any JOSE library.</dd>
      </dl>`,
    styles,
  )
  app.get('/', { schema: { hide: true } }, async (_request, reply) =>
    reply
      .header('content-type', 'text/html; charset=utf-8')
      .header('content-security-policy', contentSecurityPolicy)
      .header('cache-control', 'no-cache')
      .send(html),
  )
}

/** From nothing to a call that changes something. The parts after # are the reference's own. */
const firstSteps = `
      <h2>Try it</h2>
      <ol>
        <li>
          <a href="docs#tag/accounts/POST/auth/SignUp">Sign up</a> with any address and password.
          Nothing is sent: this is development.
        </li>
        <li>
          Find the code in <a href="dev/inbox">the dev inbox</a>, and
          <a href="docs#tag/accounts/POST/auth/SignUp/Verify">bring it</a>: you are signed in.
        </li>
        <li>
          Copy the <code>accessToken</code> of the answer into <strong>Bearer Token</strong>, and
          <a href="docs#tag/multi-factor-sign-in/DELETE/settings/MfaSignIn">turn your second step
          off</a>, or <a href="docs#tag/multi-factor-sign-in/POST/settings/MfaSignIn">on</a>.
        </li>
      </ol>`

const inbox = `
        <dt><a href="dev/inbox">The dev inbox</a></dt>
        <dd>Mail and texts, kept instead of sent.</dd>`

const styles = `
h2 { margin: 2rem 0 0.5rem; font-size: 1.1rem; }
ol { margin: 0; padding-left: 1.5rem; }
li { padding: 0.25rem 0; }
dl { margin: 0; }
dt { border-top: 1px solid var(--edge); padding-top: 0.5rem; }
dd { margin: 0; padding-bottom: 0.5rem; color: var(--ink-soft); }
`

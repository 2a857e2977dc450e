import type { App } from './app.ts'
import { asText, plainPage } from './page.ts'

/** `/`: where a newcomer finds out what this is and where to go on. */
export function startPage(app: App, about: { brandName: string; devInbox: boolean }): void {
  const { brandName, devInbox } = about
  const { html, contentSecurityPolicy } = plainPage(
    brandName,
    `
      <h1>${asText(brandName)}</h1>
      <p>A sign-in service in which people own their second factor.</p>
      <ul>
        <li><a href="docs">The reference</a>: every call, to read and to try</li>
        <li><a href="openapi.json">openapi.json</a>: the same for programs</li>
        <li><a href=".well-known/jwks.json">The keys</a> that verify its tokens</li>${
          devInbox
            ? '\n        <li><a href="dev/inbox">The dev inbox</a>: mail and texts, kept instead of sent</li>'
            : ''
        }
      </ul>`,
    'li { padding: 0.25rem 0; }',
  )
  app.get('/', { schema: { hide: true } }, async (_request, reply) =>
    reply
      .header('content-type', 'text/html; charset=utf-8')
      .header('content-security-policy', contentSecurityPolicy)
      .header('cache-control', 'no-cache')
      .send(html),
  )
}

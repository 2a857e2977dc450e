/** The API's documentation for people: the interactive reference at /docs, and /docs/errors. */
import type { ApiReferenceConfiguration } from '@scalar/fastify-api-reference'
import type { FastifyInstance } from 'fastify'
import { contentHash, encodeBody, serveAsset } from '../asset.ts'
import { type ProblemType, renderErrorsPage } from './errors-page.ts'
import { findScalar } from './scalar.ts'

const html = 'text/html; charset=utf-8'
const javascript = 'text/javascript; charset=utf-8'

/**
 * Serves the reference of /openapi.json. The page loads nothing from other hosts.
 *
 * @param options.problems every problem code, documented at `/docs/errors#<code>`
 */
export async function serveReference(
  app: FastifyInstance,
  options: { problems: ProblemType[] },
): Promise<void> {
  const scalar = await findScalar()
  const scriptUrl = `/docs/${scalar?.file}`
  const startUrl = `/docs/start-${contentHash(startScript)}.js`
  const errorsPage = renderErrorsPage(options.problems)

  serveAsset(app, '/docs', {
    type: html,
    cache: 'revalidate',
    contentSecurityPolicy,
    load: () => encodeBody(renderReferencePage(scalar ? [startUrl, scriptUrl] : [])),
  })
  app.get('/docs/', { schema: { hide: true } }, (_request, reply) => reply.redirect('../docs', 308))
  if (scalar) {
    serveAsset(app, scriptUrl, { type: javascript, cache: 'immutable', load: scalar.load })
  }
  serveAsset(app, startUrl, {
    type: javascript,
    cache: 'immutable',
    load: () => encodeBody(startScript),
  })
  serveAsset(app, '/docs/errors', {
    type: html,
    cache: 'revalidate',
    contentSecurityPolicy: errorsPage.contentSecurityPolicy,
    load: () => encodeBody(errorsPage.html),
  })
}

/** The reference is the only page whose policy allows inline styles: Scalar injects them. */
const contentSecurityPolicy = [
  "default-src 'none'",
  "script-src 'self'",
  "style-src 'self' 'unsafe-inline'",
  "connect-src 'self'",
  "img-src 'self' data:",
  "font-src 'self'",
  "base-uri 'none'",
  "form-action 'none'",
  "frame-ancestors 'none'",
].join('; ')

const icon = `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 16 16"><g fill="none" stroke="#4a7fe0" stroke-width="2"><circle cx="5" cy="8" r="3"/><path d="M8 8h7v3M12 8v2"/></g></svg>`

/** Relative links, because a proxy may serve it below a path. */
const renderReferencePage = (scripts: string[]) => `<!doctype html>
<html lang="en">
  <head>
    <meta charset="utf-8">
    <meta name="viewport" content="width=device-width, initial-scale=1">
    <meta name="color-scheme" content="light dark">
    <title>Latchkey API reference</title>
    <link rel="icon" href="data:image/svg+xml,${encodeURIComponent(icon)}">
  </head>
  <body>
    <noscript>
      This page needs JavaScript. <a href="openapi.json">openapi.json</a> describes the API, too.
    </noscript>
    <div id="reference">${scripts.length > 0 ? 'Loading the reference…' : notBuiltHtml}</div>
    ${scripts.map((url) => `<script src="${url.slice(1)}" defer></script>`).join('\n    ')}
  </body>
</html>
`

const notBuiltHtml = `The reference has not been built. Run <code>npm run build</code> in Latchkey’s folder, and restart
    it. <a href="openapi.json">openapi.json</a> describes the API, too.`

const configuration = {
  authentication: { preferredSecurityScheme: 'bearer' },
  featuredClients: ['shell/curl', 'js/fetch', 'python/requests', 'go/native', 'csharp/httpclient'],
  orderSchemaPropertiesBy: 'preserve',
  documentDownloadType: 'json',
  // Scalar's own grey, red and green have a contrast below 4.5:1 (WCAG 2.2, 1.4.3).
  customCss: `
    .light-mode {
      --scalar-color-3: #696969;
      --scalar-color-red: #c4000a;
      --scalar-color-green: #06754f;
    }
    .dark-mode {
      --scalar-color-3: #959595;
      --scalar-color-red: #ff7b72;
    }`,
  // Features that contact other hosts, or depend on them.
  withDefaultFonts: false,
  telemetry: false,
  hideClientButton: true,
  showDeveloperTools: 'never',
  agent: { disabled: true },
  mcp: { disabled: true },
} satisfies Partial<ApiReferenceConfiguration>

/**
 * Runs in the browser, before Scalar. Sends calls to the page's own origin, whatever public URL the
 * document names, because the content security policy allows no other.
 */
const startScript = `'use strict'
// Keeps Zod, a part of Scalar, from trying eval, which the policy would block and report.
globalThis.__zod_globalConfig = { jitless: true }

const here = new URL('.', location.href).href

document.addEventListener('DOMContentLoaded', () => {
  Scalar.createApiReference('#reference', {
    ...${JSON.stringify(configuration)},
    url: here + 'openapi.json',
    servers: [{ url: here.slice(0, -1) }],
  })
})
`

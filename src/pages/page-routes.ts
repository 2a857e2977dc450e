import { readdir, readFile } from 'node:fs/promises'
import type { IncomingHttpHeaders } from 'node:http'
import { extname, join } from 'node:path'
import { domainToUnicode } from 'node:url'
import type { FastifyReply, FastifyRequest } from 'fastify'
import type { Settings } from '../config/settings.ts'
import { type SignUpPolicy, signUpPolicyOf } from '../config/sign-up-policy.ts'
import type { App } from '../http/app.ts'
import { encodeBody, serveAsset } from '../http/asset.ts'
import { pages as german } from '../i18n/de/pages.ts'
import { pages as english, type PagesText } from '../i18n/en/pages.ts'
import { escapeHtml } from '../lib/escape-html.ts'
import { isLanguage, type Language, languageOf } from '../lib/language.ts'
import { packageRoot } from '../lib/package-root.ts'
import { Problem } from '../lib/problem.ts'
import type { CookieSessions } from '../sessions/cookie-sessions.ts'
import type { BrandAssets, ImageFile } from './brand-assets.ts'

/** The output of `npm run build`. */
const distFolder = join(packageRoot, 'dist/web')

const pageTexts: Record<Language, PagesText> = { en: english, de: german }

/** Paths of the pages, with the names of their HTML files. */
const pageNames = {
  '/signin': 'signin',
  '/signup': 'signup',
  '/forgot': 'forgot',
  '/undo': 'undo',
  '/invitation': 'invitation',
  '/security': 'security',
  '/consent': 'app',
  // Development only.
  '/': 'start',
  '/dev/inbox': 'inbox',
} as const
type Page = (typeof pageNames)[keyof typeof pageNames]

/** Nothing inline, no other origins, no framing, and no strings as code (Trusted Types). */
const contentSecurityPolicy = [
  "default-src 'none'",
  "script-src 'self'",
  "style-src 'self'",
  "img-src 'self' data:",
  "connect-src 'self'",
  "base-uri 'none'",
  "form-action 'none'",
  "frame-ancestors 'none'",
  "require-trusted-types-for 'script'",
  "trusted-types 'none'",
].join('; ')

const yearInSeconds = 365 * 24 * 60 * 60

type PageSettings = Pick<
  Settings,
  | 'mode'
  | 'brandName'
  | 'mfaMethods'
  | 'mfaPolicy'
  | 'passwordMinLength'
  | 'signUp'
  | 'allowedOrigins'
  | 'publicUrl'
>

/** Renders the page of the OpenID Provider at addresses of its own. */
export interface PageRenderer {
  /** @param provider the view and its details */
  renderForProvider(
    request: { headers: IncomingHttpHeaders; url?: string | undefined },
    provider: { view: 'sign-out' | 'error' } & Record<string, unknown>,
  ): Promise<{ html: string; headers: Record<string, string> }>
}

interface PageDeps {
  settings: PageSettings
  brand: BrandAssets
  cookieSessions: CookieSessions
  /** Whether the dev inbox captures messages. */
  devInbox: boolean
}

/**
 * Serves the pages built from `web/`, with branding, configuration and the visitor's language.
 *
 * @returns renders the page of the OpenID Provider
 */
export async function pageRoutes(app: App, deps: PageDeps): Promise<PageRenderer> {
  const { brand, settings, cookieSessions, devInbox } = deps
  const production = settings.mode === 'production'
  const hiddenPages: Page[] = [
    ...(production ? ['start' as const] : []),
    ...(devInbox ? [] : ['inbox' as const]),
  ]
  for (const [path, page] of Object.entries(pageNames))
    if (!hiddenPages.includes(page)) servePage(path, page)
  if (production) {
    app.get('/', { schema: { hide: true } }, (_, reply) => reply.redirect('./security', 303))
  }
  await serveAssets(app)
  serveAsset(app, '/brand.css', {
    type: 'text/css; charset=utf-8',
    cache: 'revalidate',
    load: () => encodeBody(brand.css),
  })
  serveImage('/brand/icon.svg', brand.logo ?? brand.defaultIcon)
  if (brand.logo) serveImage('/brand/logo', brand.logo)

  function servePage(path: string, page: Page): void {
    app.get(path, { schema: { hide: true } }, async (request, reply) => {
      const html = await readPage(page)
      const language = chooseLanguage(request, reply)
      return reply.headers(pageHeaders(language)).send(
        renderPage(html, page, {
          ...deps,
          language,
          ...destination(request, settings),
          mayBeSignedIn: cookieSessions.mayBeSignedIn(request),
        }),
      )
    })
  }

  return {
    async renderForProvider({ headers, url = '' }, provider) {
      const chosen = URL.parse(url, settings.publicUrl)?.searchParams.get('lang')
      const language = isLanguage(chosen)
        ? chosen
        : (languageOfCookie(headers) ?? languageOf(headers['accept-language']))
      const values = { ...deps, language, returnTo: null, interaction: null, mayBeSignedIn: false }
      const html = renderPage(await readPage('app'), 'app', { ...values, provider })
      return { html, headers: pageHeaders(language) }
    },
  }

  function serveImage(path: string, { type, body }: ImageFile): void {
    serveAsset(app, path, {
      type,
      cache: 'revalidate',
      // An SVG can have its own styles, but no scripts when opened as a page.
      contentSecurityPolicy:
        "default-src 'none'; style-src 'unsafe-inline'; frame-ancestors 'none'",
      crossOrigin: true,
      load: () => encodeBody(body),
    })
  }
}

/** The `lang` of the query, which a cookie keeps for later pages; else the cookie's, else the browser's. */
function chooseLanguage(request: FastifyRequest, reply: FastifyReply): Language {
  const { lang } = request.query as { lang?: string }
  if (isLanguage(lang)) {
    reply.header(
      'set-cookie',
      `latchkey-lang=${lang}; Path=/; Max-Age=${yearInSeconds}; SameSite=Lax`,
    )
    return lang
  }
  return languageOfCookie(request.headers) ?? languageOf(request.headers['accept-language'])
}

function languageOfCookie({ cookie = '' }: IncomingHttpHeaders): Language | undefined {
  const fromCookie = /(?:^|;\s*)latchkey-lang=([a-z]+)/.exec(cookie)?.[1]
  return isLanguage(fromCookie) ? fromCookie : undefined
}

function pageHeaders(language: Language): Record<string, string> {
  return {
    'content-type': 'text/html; charset=utf-8',
    'content-security-policy': contentSecurityPolicy,
    // `mayBeSignedIn` must be current after the browser's Back button, too.
    'cache-control': 'no-store',
    'content-language': language,
    vary: 'accept-language, cookie',
  }
}

/** Where people go on after signing in: to an application that sent them here, or to `returnTo`. */
function destination(request: FastifyRequest, settings: PageSettings) {
  const { interaction } = request.query as { interaction?: unknown }
  if (typeof interaction !== 'string' || !/^[\w-]{16,64}$/.test(interaction)) {
    return { interaction: null, returnTo: returnTo(request, settings) }
  }
  // Other pages, such as that of sign-up, lead back to signing in.
  return { interaction, returnTo: `${settings.publicUrl}/signin?interaction=${interaction}` }
}

/** The URL to open after sign-in: of this service or of an allowed origin, else null. */
function returnTo(
  request: FastifyRequest,
  { publicUrl, allowedOrigins }: PageSettings,
): string | null {
  const { returnTo: requested } = request.query as { returnTo?: unknown }
  if (typeof requested !== 'string') return null
  // Parsed like a browser does: `//host` and `/\host` look like paths but lead to other hosts.
  const url = URL.parse(requested, publicUrl)
  // A blob: URL has the origin of the page that created it.
  if (!url || !/^https?:$/.test(url.protocol)) return null
  return [publicUrl, ...allowedOrigins].includes(url.origin) ? url.href : null
}

function renderPage(
  html: string,
  page: Page,
  values: PageDeps & {
    language: Language
    returnTo: string | null
    interaction: string | null
    mayBeSignedIn: boolean
    provider?: object
  },
): string {
  const { settings, brand, devInbox, language } = values
  const { brandName, mfaMethods, mfaPolicy, passwordMinLength } = settings
  const config = {
    brandName,
    logo: brand.logo ? '/brand/logo' : null,
    language,
    mfaMethods,
    mfaPolicy,
    passwordMinLength,
    signUp: signUpConfig(signUpPolicyOf(settings)),
    returnTo: values.returnTo,
    interaction: values.interaction,
    mayBeSignedIn: values.mayBeSignedIn,
    ...(values.provider && { provider: values.provider }),
    ...(devInbox && { devInbox }),
  }
  const { titles, common } = pageTexts[language]
  const replacements: Record<string, string> = {
    CONFIG: JSON.stringify(config),
    TITLE: `${titles[page]} · ${brandName}`,
    NOSCRIPT: common.noScript,
  }
  return html
    .replace('<html lang="en">', `<html lang="${language}">`)
    .replaceAll(/%([A-Z]+)%/g, (placeholder, name) => escapeHtml(replacements[name] ?? placeholder))
}

/** The policy with domains as people write them. */
function signUpConfig(policy: SignUpPolicy): SignUpPolicy {
  if (policy.kind !== 'domains') return policy
  return { ...policy, domains: policy.domains.map((domain) => domainToUnicode(domain)) }
}

async function readPage(page: Page): Promise<string> {
  return readFile(join(distFolder, `${page}.html`), 'utf8').catch(() => {
    throw new Problem(
      'unavailable',
      'The pages have not been built. Run “npm run build” in Latchkey’s folder.',
      { retryAfter: 60 },
    )
  })
}

const assetTypes: Record<string, string> = {
  '.js': 'text/javascript; charset=utf-8',
  '.css': 'text/css; charset=utf-8',
  '.svg': 'image/svg+xml',
}

/** Serves scripts and styles. Their names contain a hash of their content. */
async function serveAssets(app: App): Promise<void> {
  const files = await readdir(join(distFolder, 'assets')).catch(() => [])
  for (const file of files) {
    const type = assetTypes[extname(file)]
    if (!type) continue
    serveAsset(app, `/assets/${file}`, {
      type,
      cache: 'immutable',
      load: async () => encodeBody(await readFile(join(distFolder, 'assets', file))),
    })
  }
}

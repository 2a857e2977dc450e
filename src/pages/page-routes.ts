import { readdir, readFile } from 'node:fs/promises'
import { extname, join } from 'node:path'
import type { FastifyReply, FastifyRequest } from 'fastify'
import type { App } from '../http/app.ts'
import { pack, serveAsset } from '../http/asset.ts'
import { asText } from '../lib/html.ts'
import { isLanguage, type Language, languageOf } from '../lib/language.ts'
import { Problem } from '../lib/problem.ts'
import type { BrowserSessions } from '../sessions/browser-session.ts'
import type { Settings } from '../settings.ts'
import { pages as german } from '../text/de/pages.ts'
import { pages as english, type Pages } from '../text/en/pages.ts'
import type { Brand, Picture } from './brand.ts'

/** Where `npm run build` puts them: beside the sources, and beside what is compiled. */
const folder = join(import.meta.dirname, '../../dist/web')

const text: Record<Language, Pages> = { en: english, de: german }

/** The paths of the pages, and the files that they are made in. */
const paths = {
  '/signin': 'signin',
  '/signup': 'signup',
  '/forgot': 'forgot',
  '/undo': 'undo',
  '/security': 'security',
  // In development alone.
  '/': 'start',
  '/dev/inbox': 'inbox',
} as const
type Page = (typeof paths)[keyof typeof paths]

/** Nothing inline, nothing from elsewhere, nothing in a frame, and no string that becomes code. */
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

const year = 365 * 24 * 60 * 60

type PageSettings = Pick<
  Settings,
  | 'mode'
  | 'brandName'
  | 'mfaMethods'
  | 'mfaPolicy'
  | 'passwordMinLength'
  | 'allowedOrigins'
  | 'publicUrl'
>

/** What the pages are told of. */
interface House {
  settings: PageSettings
  brand: Brand
  browser: BrowserSessions
  /** Whether messages are kept in the dev inbox. */
  devInbox: boolean
}

/** The pages for people: what `web/` was built to, told what to show and in which language. */
export async function pageRoutes(app: App, house: House): Promise<void> {
  const { brand, settings, browser, devInbox } = house
  const production = settings.mode === 'production'
  const missing: Page[] = [
    ...(production ? ['start' as const] : []),
    ...(devInbox ? [] : ['inbox' as const]),
  ]
  for (const [path, page] of Object.entries(paths)) if (!missing.includes(page)) serve(path, page)
  if (production) {
    app.get('/', { schema: { hide: true } }, (_, reply) => reply.redirect('./security', 303))
  }
  await serveAssets(app)
  serveAsset(app, '/brand.css', {
    type: 'text/css; charset=utf-8',
    cache: 'revalidate',
    load: () => pack(brand.css),
  })
  servePicture('/brand/icon.svg', brand.logo ?? brand.key)
  if (brand.logo) servePicture('/brand/logo', brand.logo)

  function serve(path: string, page: Page): void {
    app.get(path, { schema: { hide: true } }, async (request, reply) => {
      const html = await readPage(page)
      const language = chooseLanguage(request, reply)
      return reply
        .headers({
          'content-type': 'text/html; charset=utf-8',
          'content-security-policy': contentSecurityPolicy,
          // Whoever goes back is told anew whether they are signed in.
          'cache-control': 'no-store',
          'content-language': language,
          vary: 'accept-language, cookie',
        })
        .send(
          filled(html, page, {
            ...house,
            language,
            returnTo: returnTo(request, settings),
            mayBeSignedIn: browser.mayBeSignedIn(request),
          }),
        )
    })
  }

  function servePicture(path: string, { type, body }: Picture): void {
    serveAsset(app, path, {
      type,
      cache: 'revalidate',
      // It may have styles of its own; opened as a page, it may do nothing else.
      contentSecurityPolicy:
        "default-src 'none'; style-src 'unsafe-inline'; frame-ancestors 'none'",
      shownAnywhere: true,
      load: () => pack(body),
    })
  }
}

/** What a link asks for is kept for the next page; else what was kept, else what the browser says. */
function chooseLanguage(request: FastifyRequest, reply: FastifyReply): Language {
  const { lang } = request.query as { lang?: string }
  if (isLanguage(lang)) {
    reply.header('set-cookie', `latchkey-lang=${lang}; Path=/; Max-Age=${year}; SameSite=Lax`)
    return lang
  }
  const kept = /(?:^|;\s*)latchkey-lang=([a-z]+)/.exec(request.headers.cookie ?? '')?.[1]
  return isLanguage(kept) ? kept : languageOf(request.headers['accept-language'])
}

/** Where to go after signing in: a path of ours, or a page of an allowed origin. */
function returnTo(
  request: FastifyRequest,
  { publicUrl, allowedOrigins }: PageSettings,
): string | null {
  const { returnTo: wish } = request.query as { returnTo?: unknown }
  if (typeof wish !== 'string') return null
  // Read as a browser would: what looks like a path may lead elsewhere.
  const url = URL.parse(wish, publicUrl)
  // A blob: has the origin of whoever made it.
  if (!url || !/^https?:$/.test(url.protocol)) return null
  return [publicUrl, ...allowedOrigins].includes(url.origin) ? url.href : null
}

function filled(
  html: string,
  page: Page,
  about: House & { language: Language; returnTo: string | null; mayBeSignedIn: boolean },
): string {
  const { settings, brand, devInbox, language } = about
  const { brandName, mfaMethods, mfaPolicy, passwordMinLength } = settings
  const config = {
    name: brandName,
    logo: brand.logo ? '/brand/logo' : null,
    language,
    mfaMethods,
    mfaPolicy,
    passwordMinLength,
    returnTo: about.returnTo,
    mayBeSignedIn: about.mayBeSignedIn,
    ...(devInbox && { devInbox }),
  }
  const { titles, common } = text[language]
  const parts: Record<string, string> = {
    CONFIG: JSON.stringify(config),
    TITLE: `${titles[page]} · ${brandName}`,
    NOSCRIPT: common.noScript,
  }
  return html
    .replace('<html lang="en">', `<html lang="${language}">`)
    .replaceAll(/%([A-Z]+)%/g, (found, name) => asText(parts[name] ?? found))
}

async function readPage(page: Page): Promise<string> {
  return readFile(join(folder, `${page}.html`), 'utf8').catch(() => {
    throw new Problem(
      'unavailable',
      'The pages were not built. Run “npm run build” in the folder of Latchkey.',
      { retryAfter: 60 },
    )
  })
}

const assetTypes: Record<string, string> = {
  '.js': 'text/javascript; charset=utf-8',
  '.css': 'text/css; charset=utf-8',
  '.svg': 'image/svg+xml',
}

/** Scripts and styles. Their names change with what is in them. */
async function serveAssets(app: App): Promise<void> {
  const files = await readdir(join(folder, 'assets')).catch(() => [])
  for (const file of files) {
    const type = assetTypes[extname(file)]
    if (!type) continue
    serveAsset(app, `/assets/${file}`, {
      type,
      cache: 'immutable',
      load: async () => pack(await readFile(join(folder, 'assets', file))),
    })
  }
}

import { notifications as german } from '../i18n/de/notifications.ts'
import { notifications as english } from '../i18n/en/notifications.ts'
import type {
  NotificationCatalogue,
  NotificationText,
  TemplateName,
  TemplateParams,
} from '../i18n/notification-catalogue.ts'
import { escapeHtml } from '../lib/escape-html.ts'
import type { Language } from '../lib/language.ts'
import type { Channel, RenderedMessage } from './transport.ts'

/** What every message shows. */
export interface MessageBrand {
  name: string
  publicUrl: string
  /** Of links, and what can be read on it. */
  color: string
  onColor: string
  /** Whether there is one to be shown. */
  logo: boolean
}

/** A secret that only the recipient may know, and until when it works. */
export interface MessageSecret {
  /** `blank` is shown to nobody: with it, a message takes as long to promise as one with a code. */
  kind: 'code' | 'undo' | 'decoy'
  value: string
  /** Milliseconds since 1970. */
  expiresAt: number
}

/** A message that is to be written. */
export interface RenderInput<Name extends TemplateName> {
  channel: Channel
  language: Language
  template: Name
  params: TemplateParams[Name]
  secret: MessageSecret | undefined
}

const catalogues: Record<Language, NotificationCatalogue> = { en: english, de: german }

/** A message as its recipient gets it. */
export function renderNotification<Name extends TemplateName>(
  input: RenderInput<Name>,
  brand: MessageBrand,
): Pick<RenderedMessage, 'subject' | 'text' | 'html'> {
  const { channel, language, template, params, secret } = input
  const catalogue = catalogues[language]
  const code = secret?.kind === 'code' ? secret.value : undefined
  const compose = catalogue.templates[template] as (...given: unknown[]) => NotificationText
  const words = compose(localizeParams(params, language), brand.name, code ?? '')
  if (channel === 'sms') return renderSms(words, code, brand)
  const undo = secret?.kind === 'undo' && {
    before: catalogue.undoIntro(formatTime(secret.expiresAt, language)),
    // Opening it changes nothing: what follows the # never reaches a server.
    link: `${brand.publicUrl}/undo#token=${secret.value}`,
    words: catalogue.undoLabel,
  }
  return renderEmail(words, { code, undo: undo || undefined, language }, brand)
}

/** With times and methods as people read them. */
function localizeParams(params: { at?: number; method?: string }, language: Language): object {
  const { at, method } = params
  const methods: Record<string, string> = catalogues[language].methods
  return {
    ...params,
    ...(at !== undefined && { at: formatTime(at, language) }),
    ...(method !== undefined && { method: methods[method] ?? method }),
  }
}

/**
 * Short enough for one or two texts. The last line lets a phone fill the code in, on our pages
 * alone (WICG, "Origin-bound one-time codes").
 */
function renderSms(
  { subject, paragraphs }: NotificationText,
  code: string | undefined,
  { publicUrl }: MessageBrand,
) {
  const lines = [`${subject}.`, ...paragraphs.slice(0, 1)]
  if (code !== undefined) lines.push('', `@${new URL(publicUrl).hostname} #${code}`)
  return { subject, text: lines.join('\n') }
}

function renderEmail(
  { subject, paragraphs }: NotificationText,
  extras: {
    code: string | undefined
    undo: { before: string; link: string; words: string } | undefined
    language: Language
  },
  { name, publicUrl, color, onColor, logo }: MessageBrand,
) {
  const { code, undo, language } = extras
  const text = [
    ...(code === undefined ? [] : [code]),
    ...paragraphs,
    ...(undo ? [undo.before, undo.link] : []),
    `${name} · ${publicUrl}`,
  ].join('\n\n')
  const button = `display:inline-block;padding:.75rem 1.25rem;border-radius:.75rem;background:${color};color:${onColor};font-weight:600;text-decoration:none`
  const html = [
    '<!doctype html>',
    `<html lang="${language}"><head><meta charset="utf-8"><title>${escapeHtml(subject)}</title>`,
    // Without the first, some mail programs on phones show it as wide as a desk, and tiny.
    '<meta name="viewport" content="width=device-width"><meta name="color-scheme" content="light dark"></head>',
    '<body style="margin:0 auto;max-width:32rem;padding:1.5rem;font:1rem/1.5 system-ui,sans-serif">',
    ...(logo
      ? [
          `<p><img src="${escapeHtml(publicUrl)}/brand/logo" alt="${escapeHtml(name)}" height="32"></p>`,
        ]
      : []),
    ...(code === undefined
      ? []
      : [`<p style="font-size:2rem;letter-spacing:.15em;margin:0 0 1rem"><b>${code}</b></p>`]),
    ...paragraphs.map((paragraph) => `<p>${escapeHtml(paragraph)}</p>`),
    ...(undo
      ? [
          `<p>${escapeHtml(undo.before)}</p>`,
          `<p><a href="${escapeHtml(undo.link)}" style="${button}">${escapeHtml(undo.words)}</a></p>`,
        ]
      : []),
    `<p style="opacity:.7"><small>${escapeHtml(name)} · ${escapeHtml(publicUrl)}</small></p>`,
    '</body></html>',
  ].join('\n')
  return { subject, text, html }
}

/** In UTC, which says so: nobody knows where a message is read. */
function formatTime(at: number, language: Language): string {
  const format = new Intl.DateTimeFormat(language === 'en' ? 'en-GB' : language, {
    dateStyle: 'long',
    timeStyle: 'short',
    timeZone: 'UTC',
  })
  return `${format.format(at)} (UTC)`
}

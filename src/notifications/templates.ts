import { notifications as german } from '../i18n/de/notifications.ts'
import { notifications as english } from '../i18n/en/notifications.ts'
import {
  type NotificationCatalogue,
  type NotificationText,
  type ParamType,
  type TemplateName,
  type TemplateParams,
  templateParams,
} from '../i18n/notification-catalogue.ts'
import { escapeHtml } from '../lib/escape-html.ts'
import type { Language } from '../lib/language.ts'
import type { MessageSecret } from './message-secret.ts'
import { type Digest, parseDigest } from './notice-digest.ts'
import type { Channel, RenderedMessage } from './transport.ts'

/** The operator's brand, as every message shows it. */
export interface MessageBrand {
  name: string
  publicUrl: string
  /** The background of buttons, and the text colour on it. */
  color: string
  onColor: string
  /** Whether a logo is configured. */
  logo: boolean
}

/** The input of a message. */
export interface RenderInput<Name extends TemplateName> {
  channel: Channel
  language: Language
  template: Name
  params: TemplateParams[Name]
  secret: MessageSecret | undefined
  /** The notices that the message reports beyond the one of `params`. */
  digest?: Digest
}

const catalogues: Record<Language, NotificationCatalogue> = { en: english, de: german }

/** Renders a message for its recipient. */
export function renderNotification<Name extends TemplateName>(
  input: RenderInput<Name>,
  brand: MessageBrand,
): Pick<RenderedMessage, 'subject' | 'text' | 'html'> {
  const { channel, language, template, params, secret, digest = parseDigest(null) } = input
  const catalogue = catalogues[language]
  const code = secret?.kind === 'code' ? secret.value : undefined
  const compose = catalogue.templates[template] as (...given: unknown[]) => NotificationText
  const [first, ...others] = [params, ...digest.params].map((one) =>
    compose(localizeParams(template, one, language), brand.name, code ?? ''),
  ) as [NotificationText, ...NotificationText[]]
  const composed = digest.count === 0 ? first : composeDigest(first, others, digest, language)
  const hint =
    secret?.kind === 'undoElsewhere'
      ? [catalogue.undoElsewhere(formatTime(secret.expiresAt, language))]
      : []
  const content = { ...composed, paragraphs: [...composed.paragraphs, ...hint] }
  if (channel === 'sms') return renderSms(content, code, brand)
  const action = secret
    ? actionOf(secret, digest, brand, language)
    : securityPageOf(template, brand, language)
  return renderEmail(content, { code, action, language }, brand)
}

/** A link in a message, as a button with a sentence before it. */
interface Action {
  intro: string
  link: string
  label: string
}

/** The link of a secret. Its token is in the fragment, which reaches no server: opening it changes nothing. */
function actionOf(
  { kind, value, expiresAt }: MessageSecret,
  digest: Digest,
  { publicUrl }: MessageBrand,
  language: Language,
): Action | undefined {
  const { undoIntro, undoLabel, invitation, digest: digestText } = catalogues[language]
  const until = formatTime(expiresAt, language)
  if (kind === 'undo') {
    const link = `${publicUrl}/undo#token=${value}`
    const label = digest.count === 0 ? undoLabel : digestText.undoLabel
    return { intro: undoIntro(until), link, label }
  }
  if (kind !== 'invitation') return undefined
  const link = `${publicUrl}/invitation#token=${value}`
  return { intro: invitation.intro(until), link, label: invitation.label }
}

/** Notices that lead to the security page, where their owner ends what they report. */
const aboutApps: ReadonlySet<TemplateName> = new Set(['app-allowed', 'app-first-used'])

function securityPageOf(
  template: TemplateName,
  { publicUrl }: MessageBrand,
  language: Language,
): Action | undefined {
  if (!aboutApps.has(template)) return undefined
  const { securityPageIntro: intro, securityPageLabel: label } = catalogues[language]
  return { intro, link: `${publicUrl}/security`, label }
}

/** One text for several notices: their number, then each different sentence once. */
function composeDigest(
  first: NotificationText,
  others: NotificationText[],
  { count }: Digest,
  language: Language,
): NotificationText {
  const { digest } = catalogues[language]
  const total = new Intl.NumberFormat(language).format(count + 1)
  const paragraphs = new Set([first, ...others].flatMap((one) => one.paragraphs))
  return {
    subject: digest.subject(first.subject, total),
    paragraphs: [
      digest.intro(total),
      ...paragraphs,
      ...(others.length < count ? [digest.shortened] : []),
    ],
  }
}

/** Replaces times and methods with words. */
function localizeParams(template: TemplateName, params: object, language: Language): object {
  const types: Record<string, ParamType> = templateParams[template]
  const methods: Record<string, string> = catalogues[language].methods
  const localized = Object.entries(params).map(([name, value]) => {
    if (types[name] === 'time') return [name, formatTime(value, language)]
    if (types[name] === 'method') return [name, methods[value] ?? value]
    return [name, value]
  })
  return Object.fromEntries(localized)
}

/**
 * The subject and the first paragraph: at most two SMS. The last line lets phones fill in the code on
 * our pages only (WICG, "Origin-bound one-time codes").
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
    action: Action | undefined
    language: Language
  },
  { name, publicUrl, color, onColor, logo }: MessageBrand,
) {
  const { code, action, language } = extras
  const text = [
    ...(code === undefined ? [] : [code]),
    ...paragraphs,
    ...(action ? [action.intro, action.link] : []),
    `${name} · ${publicUrl}`,
  ].join('\n\n')
  const button = `display:inline-block;padding:.75rem 1.25rem;border-radius:.75rem;background:${color};color:${onColor};font-weight:600;text-decoration:none`
  const html = [
    '<!doctype html>',
    `<html lang="${language}"><head><meta charset="utf-8"><title>${escapeHtml(subject)}</title>`,
    // Without the viewport, some mail programs on phones render it desktop-wide and tiny.
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
    ...(action
      ? [
          `<p>${escapeHtml(action.intro)}</p>`,
          `<p><a href="${escapeHtml(action.link)}" style="${button}">${escapeHtml(action.label)}</a></p>`,
        ]
      : []),
    `<p style="opacity:.7"><small>${escapeHtml(name)} · ${escapeHtml(publicUrl)}</small></p>`,
    '</body></html>',
  ].join('\n')
  return { subject, text, html }
}

/** In UTC, marked as such: the reader's time zone is unknown. */
function formatTime(at: number, language: Language): string {
  const format = new Intl.DateTimeFormat(language === 'en' ? 'en-GB' : language, {
    dateStyle: 'long',
    timeStyle: 'short',
    timeZone: 'UTC',
  })
  return `${format.format(at)} (UTC)`
}

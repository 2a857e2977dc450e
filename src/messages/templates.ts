import { asText } from '../lib/html.ts'
import type { Language } from '../lib/language.ts'
import { messages as german } from '../text/de/messages.ts'
import { messages as english } from '../text/en/messages.ts'
import type { Messages, Template, Templates, Words } from '../text/message.ts'
import type { Channel, Outgoing } from './gateway.ts'

/** What every message shows. */
export interface Brand {
  name: string
  publicUrl: string
  /** Of links, and what can be read on it. */
  color: string
  onColor: string
  /** Whether there is one to be shown. */
  logo: boolean
}

/** A secret that only the recipient may know, and until when it works. */
export interface Secret {
  /** `blank` is shown to nobody: with it, a message takes as long to promise as one with a code. */
  kind: 'code' | 'undo' | 'blank'
  value: string
  /** Milliseconds since 1970. */
  until: number
}

/** A message that is to be written. */
export interface Letter<Name extends Template> {
  channel: Channel
  language: Language
  template: Name
  params: Templates[Name]
  secret: Secret | undefined
}

const catalogues: Record<Language, Messages> = { en: english, de: german }

/** A message as its recipient gets it. */
export function render<Name extends Template>(
  letter: Letter<Name>,
  brand: Brand,
): Pick<Outgoing, 'subject' | 'text' | 'html'> {
  const { channel, language, template, params, secret } = letter
  const catalogue = catalogues[language]
  const code = secret?.kind === 'code' ? secret.value : undefined
  const write = catalogue.words[template] as (...given: unknown[]) => Words
  const words = write(inWords(params, language), brand.name, code ?? '')
  if (channel === 'sms') return asSms(words, code, brand)
  const undo = secret?.kind === 'undo' && {
    before: catalogue.undo(when(secret.until, language)),
    // Opening it changes nothing: what follows the # never reaches a server.
    link: `${brand.publicUrl}/undo#token=${secret.value}`,
    words: catalogue.undoLink,
  }
  return asEmail(words, { code, undo: undo || undefined, language }, brand)
}

/** With times and methods as people read them. */
function inWords(params: { at?: number; method?: string }, language: Language): object {
  const { at, method } = params
  const methods: Record<string, string> = catalogues[language].methods
  return {
    ...params,
    ...(at !== undefined && { at: when(at, language) }),
    ...(method !== undefined && { method: methods[method] ?? method }),
  }
}

/**
 * Short enough for one or two texts. The last line lets a phone fill the code in, on our pages
 * alone (WICG, "Origin-bound one-time codes").
 */
function asSms({ subject, paragraphs }: Words, code: string | undefined, { publicUrl }: Brand) {
  const lines = [`${subject}.`, ...paragraphs.slice(0, 1)]
  if (code !== undefined) lines.push('', `@${new URL(publicUrl).hostname} #${code}`)
  return { subject, text: lines.join('\n') }
}

function asEmail(
  { subject, paragraphs }: Words,
  about: {
    code: string | undefined
    undo: { before: string; link: string; words: string } | undefined
    language: Language
  },
  { name, publicUrl, color, onColor, logo }: Brand,
) {
  const { code, undo, language } = about
  const text = [
    ...(code === undefined ? [] : [code]),
    ...paragraphs,
    ...(undo ? [undo.before, undo.link] : []),
    `${name} · ${publicUrl}`,
  ].join('\n\n')
  const button = `display:inline-block;padding:.75rem 1.25rem;border-radius:.75rem;background:${color};color:${onColor};font-weight:600;text-decoration:none`
  const html = [
    '<!doctype html>',
    `<html lang="${language}"><head><meta charset="utf-8"><title>${asText(subject)}</title>`,
    // Without the first, some mail programs on phones show it as wide as a desk, and tiny.
    '<meta name="viewport" content="width=device-width"><meta name="color-scheme" content="light dark"></head>',
    '<body style="margin:0 auto;max-width:32rem;padding:1.5rem;font:1rem/1.5 system-ui,sans-serif">',
    ...(logo
      ? [`<p><img src="${asText(publicUrl)}/brand/logo" alt="${asText(name)}" height="32"></p>`]
      : []),
    ...(code === undefined
      ? []
      : [`<p style="font-size:2rem;letter-spacing:.15em;margin:0 0 1rem"><b>${code}</b></p>`]),
    ...paragraphs.map((paragraph) => `<p>${asText(paragraph)}</p>`),
    ...(undo
      ? [
          `<p>${asText(undo.before)}</p>`,
          `<p><a href="${asText(undo.link)}" style="${button}">${asText(undo.words)}</a></p>`,
        ]
      : []),
    `<p style="opacity:.7"><small>${asText(name)} · ${asText(publicUrl)}</small></p>`,
    '</body></html>',
  ].join('\n')
  return { subject, text, html }
}

/** In UTC, which says so: nobody knows where a message is read. */
function when(at: number, language: Language): string {
  const format = new Intl.DateTimeFormat(language === 'en' ? 'en-GB' : language, {
    dateStyle: 'long',
    timeStyle: 'short',
    timeZone: 'UTC',
  })
  return `${format.format(at)} (UTC)`
}

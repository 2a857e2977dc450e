import type { Channel, Outgoing } from './gateway.ts'

/** What each message needs to know. `code` is a secret and travels sealed. */
export interface Templates {
  'sign-up-code': { code: string }
  'sign-up-known-address': object
  'sign-in-code': { code: string }
  'set-up-code': { code: string }
  'mfa-on': { method: string; at: number }
  'mfa-off': { at: number }
  'mfa-method-changed': { method: string; at: number }
  'mfa-method-removed': { method: string; at: number }
}

export type Template = keyof Templates

/** What every message shows. */
export interface Brand {
  name: string
  publicUrl: string
}

type Words = { subject: string; paragraphs: string[]; code?: string }

/** How people call the methods. */
const spoken: Record<string, string> = {
  authenticator: 'an authenticator app',
  sms: 'codes by text message',
  email: 'codes by email',
}

const spokenMethod = (method: string) => spoken[method] ?? method

const ignore = 'If this wasn’t you, ignore this message: without the code nothing happens.'

function notYou({ name }: Brand): string {
  return `If this wasn’t you, sign in to ${name} now and change this back: someone else may be able to get into your account.`
}

/** Every sentence that we send. The code comes first, where a notification shows it. */
const words: {
  [Name in Template]: (params: Templates[Name], brand: Brand) => Words
} = {
  'sign-up-code': ({ code }, { name }) => ({
    subject: `${code} is your ${name} code`,
    code,
    paragraphs: [
      `Type this code to finish signing up to ${name}. It works for 15 minutes.`,
      ignore,
    ],
  }),
  'sign-up-known-address': (_params, { name }) => ({
    subject: `You already have a ${name} account`,
    paragraphs: [
      `Someone, probably you, tried to sign up to ${name} with this address. You already have an account: just sign in with it.`,
      'If this wasn’t you, there is nothing to do: nothing has changed.',
    ],
  }),
  'sign-in-code': ({ code }, { name }) => ({
    subject: `${code} is your ${name} code`,
    code,
    paragraphs: [
      `Type this code to finish signing in to ${name}. It works for 5 minutes. Tell it to no one.`,
      'If you didn’t just sign in, someone knows your password: please change it.',
    ],
  }),
  'set-up-code': ({ code }, { name }) => ({
    subject: `${code} is your ${name} code`,
    code,
    paragraphs: [
      `Type this code to have codes for signing in to ${name} sent here. It works for 5 minutes.`,
      ignore,
    ],
  }),
  'mfa-on': ({ method, at }, brand) => ({
    subject: `Your second step for ${brand.name} is on`,
    paragraphs: [
      `Since ${when(at)}, signing in to ${brand.name} asks for your password and for a second step: ${spokenMethod(method)}.`,
      notYou(brand),
    ],
  }),
  'mfa-off': ({ at }, brand) => ({
    subject: `Your second step for ${brand.name} is off`,
    paragraphs: [
      `Since ${when(at)}, your password alone signs you in to ${brand.name}.`,
      notYou(brand),
    ],
  }),
  'mfa-method-changed': ({ method, at }, brand) => ({
    subject: `Your second step for ${brand.name} was changed`,
    paragraphs: [
      `Since ${when(at)}, signing in to ${brand.name} asks for ${spokenMethod(method)}.`,
      notYou(brand),
    ],
  }),
  'mfa-method-removed': ({ method, at }, brand) => ({
    subject: `A second step for ${brand.name} was removed`,
    paragraphs: [
      `Since ${when(at)}, ${spokenMethod(method)} can’t be used for signing in to ${brand.name} any more.`,
      notYou(brand),
    ],
  }),
}

/** A message as its recipient gets it. */
export function render<Name extends Template>(
  channel: Channel,
  template: Name,
  params: Templates[Name],
  brand: Brand,
): Pick<Outgoing, 'subject' | 'text' | 'html'> {
  const written = words[template](params, brand)
  return channel === 'sms' ? asText(written, brand) : asEmail(written, brand)
}

/**
 * Short enough for one or two texts. The last line lets a phone fill the code in, on our pages
 * alone (WICG, "Origin-bound one-time codes").
 */
function asText({ subject, code, paragraphs }: Words, { publicUrl }: Brand) {
  const lines = [`${subject}.`, ...paragraphs.slice(0, 1)]
  if (code !== undefined) lines.push('', `@${new URL(publicUrl).hostname} #${code}`)
  return { subject, text: lines.join('\n') }
}

function asEmail({ subject, code, paragraphs }: Words, { name, publicUrl }: Brand) {
  const body = code === undefined ? paragraphs : [code, ...paragraphs]
  const text = [...body, `${name} · ${publicUrl}`].join('\n\n')
  const html = [
    '<!doctype html>',
    '<html lang="en"><head><meta charset="utf-8"><meta name="color-scheme" content="light dark"></head>',
    '<body style="margin:0 auto;max-width:32rem;padding:1.5rem;font:1rem/1.5 system-ui,sans-serif">',
    ...(code === undefined
      ? []
      : [`<p style="font-size:2rem;letter-spacing:.15em;margin:0 0 1rem"><b>${code}</b></p>`]),
    ...paragraphs.map((paragraph) => `<p>${escapeHtml(paragraph)}</p>`),
    `<p style="opacity:.7"><small>${escapeHtml(name)} · ${escapeHtml(publicUrl)}</small></p>`,
    '</body></html>',
  ].join('\n')
  return { subject, text, html }
}

function when(at: number): string {
  const [date, time] = new Date(at).toISOString().split('T') as [string, string]
  return `${date} ${time.slice(0, 5)} (UTC)`
}

const escapes: Record<string, string> = { '&': '&amp;', '<': '&lt;', '>': '&gt;', '"': '&quot;' }

function escapeHtml(text: string): string {
  return text.replace(/[&<>"]/g, (character) => escapes[character] ?? character)
}

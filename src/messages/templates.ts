import { asText } from '../lib/html.ts'
import type { Channel, Outgoing } from './gateway.ts'

/**
 * What each message tells. Beside that, some carry a secret, which travels sealed: a code, or the
 * way back from the change that they tell of.
 */
export interface Templates {
  'sign-up-code': object
  'sign-up-known-address': object
  'sign-up-reserved-address': object
  'sign-in-code': object
  'set-up-code': object
  'address-code': object
  'reset-code': object
  'reset-unknown-address': object
  'mfa-on': { method: string; at: number }
  'mfa-off': { at: number }
  'mfa-method-changed': { method: string; at: number }
  'mfa-method-removed': { method: string; at: number }
  'recovery-codes-made': { at: number }
  'recovery-code-used': { remaining: number; at: number }
  'codes-guessed': { at: number }
  'password-changed': { at: number }
  'email-changed': { at: number }
  'phone-changed': { at: number }
  'account-deleted': { at: number }
  'change-undone': { at: number }
}

export type Template = keyof Templates

/** What every message shows. */
export interface Brand {
  name: string
  publicUrl: string
}

/** A secret that only the recipient may know, and until when it works. */
export interface Secret {
  /** `blank` is shown to nobody: with it, a message takes as long to promise as one with a code. */
  kind: 'code' | 'undo' | 'blank'
  value: string
  /** Milliseconds since 1970. */
  until: number
}

type Words = { subject: string; paragraphs: string[] }

/** How people call the methods. */
const spoken: Record<string, string> = {
  authenticator: 'an authenticator app',
  sms: 'codes by text message',
  email: 'codes by email',
}

const spokenMethod = (method: string) => spoken[method] ?? method

const ignore = 'If this wasn’t you, ignore this message: without the code nothing happens.'

/** Every sentence that we send. The code comes first, where a notification shows it. */
const words: {
  [Name in Template]: (params: Templates[Name], name: string, code: string) => Words
} = {
  'sign-up-code': (_params, name, code) => ({
    subject: `${code} is your ${name} code`,
    paragraphs: [
      `Type this code to finish signing up to ${name}. It works for 15 minutes.`,
      ignore,
    ],
  }),
  'sign-up-known-address': (_params, name) => ({
    subject: `You already have a ${name} account`,
    paragraphs: [
      `Someone, probably you, tried to sign up to ${name} with this address. You already have an account: just sign in with it.`,
      'If this wasn’t you, there is nothing to do: nothing has changed.',
    ],
  }),
  'sign-up-reserved-address': (_params, name) => ({
    subject: `This address can’t be used with ${name} yet`,
    paragraphs: [
      `Someone, probably you, tried to sign up to ${name} with this address. An account had it until a few days ago and can still take it back, so please try again in a week.`,
      'If this wasn’t you, there is nothing to do: nothing has changed.',
    ],
  }),
  'sign-in-code': (_params, name, code) => ({
    subject: `${code} is your ${name} code`,
    paragraphs: [
      `Type this code to finish signing in to ${name}. It works for 5 minutes. Tell it to no one.`,
      'If you didn’t just sign in, someone knows your password: please change it.',
    ],
  }),
  'set-up-code': (_params, name, code) => ({
    subject: `${code} is your ${name} code`,
    paragraphs: [
      `Type this code to have codes for signing in to ${name} sent here. It works for 5 minutes.`,
      ignore,
    ],
  }),
  'address-code': (_params, name, code) => ({
    subject: `${code} is your ${name} code`,
    paragraphs: [
      `Type this code to use this address with ${name}. It works for 5 minutes.`,
      ignore,
    ],
  }),
  'reset-code': (_params, name, code) => ({
    subject: `${code} is your ${name} code`,
    paragraphs: [
      `Type this code to choose a new password for ${name}. It works for 15 minutes. Tell it to no one.`,
      ignore,
    ],
  }),
  'reset-unknown-address': (_params, name) => ({
    subject: `You have no ${name} account with this address`,
    paragraphs: [
      `Someone, probably you, asked for a new password for ${name}. This address has no account: perhaps yours has another one.`,
      'If this wasn’t you, there is nothing to do.',
    ],
  }),
  'mfa-on': ({ method, at }, name) => ({
    subject: `Your second step for ${name} is on`,
    paragraphs: [
      `Since ${when(at)}, signing in to ${name} asks for your password and for a second step: ${spokenMethod(method)}.`,
    ],
  }),
  'mfa-off': ({ at }, name) => ({
    subject: `Your second step for ${name} is off`,
    paragraphs: [`Since ${when(at)}, your password alone signs you in to ${name}.`],
  }),
  'mfa-method-changed': ({ method, at }, name) => ({
    subject: `Your second step for ${name} was changed`,
    paragraphs: [`Since ${when(at)}, signing in to ${name} asks for ${spokenMethod(method)}.`],
  }),
  'mfa-method-removed': ({ method, at }, name) => ({
    subject: `A second step for ${name} was removed`,
    paragraphs: [
      `Since ${when(at)}, ${spokenMethod(method)} can’t be used for signing in to ${name} any more.`,
    ],
  }),
  'recovery-codes-made': ({ at }, name) => ({
    subject: `You have new recovery codes for ${name}`,
    paragraphs: [
      `Ten new recovery codes were made on ${when(at)}. The ones before no longer work.`,
    ],
  }),
  'recovery-code-used': ({ remaining, at }, name) => ({
    subject: `A recovery code was used for ${name}`,
    paragraphs: [
      `On ${when(at)} somebody signed in to ${name} with one of your recovery codes. You have ${remaining} left.${
        remaining <= 3 ? ' Please make new ones soon.' : ''
      }`,
      'If this wasn’t you, change your password and make new recovery codes now.',
    ],
  }),
  'codes-guessed': ({ at }, name) => ({
    subject: `Somebody is guessing your codes for ${name}`,
    paragraphs: [
      `On ${when(at)} somebody gave your right password for ${name}, and then several wrong codes. They did not get in.`,
      'If this wasn’t you, please change your password: somebody else knows it.',
    ],
  }),
  'password-changed': ({ at }, name) => ({
    subject: `Your password for ${name} was changed`,
    paragraphs: [`Since ${when(at)}, a new password signs you in to ${name}.`],
  }),
  'email-changed': ({ at }, name) => ({
    subject: `Your email address for ${name} was changed`,
    paragraphs: [`Since ${when(at)}, another address signs you in to ${name}, and we write there.`],
  }),
  'phone-changed': ({ at }, name) => ({
    subject: `Your phone number for ${name} was changed`,
    paragraphs: [`Since ${when(at)}, codes by text message for ${name} go to another number.`],
  }),
  'account-deleted': ({ at }, name) => ({
    subject: `Your ${name} account was deleted`,
    paragraphs: [
      `On ${when(at)} your account was closed. Everything in it will be erased after seven days.`,
    ],
  }),
  'change-undone': ({ at }, name) => ({
    subject: `Your ${name} account is as it was before`,
    paragraphs: [
      `On ${when(at)} a change of your account was undone from a message of ours. Everyone was signed out, and nobody can sign in until a new password is set.`,
      'If you haven’t set one yet, do it now: choose “forgotten password” where you sign in.',
    ],
  }),
}

/** A message as its recipient gets it. */
export function render<Name extends Template>(
  channel: Channel,
  template: Name,
  params: Templates[Name],
  secret: Secret | undefined,
  brand: Brand,
): Pick<Outgoing, 'subject' | 'text' | 'html'> {
  const code = secret?.kind === 'code' ? secret.value : undefined
  const { subject, paragraphs } = words[template](params, brand.name, code ?? '')
  if (channel === 'sms') return asSms(subject, paragraphs, code, brand)
  const undo = secret?.kind === 'undo' ? wayBack(secret, brand) : undefined
  return asEmail(subject, paragraphs, { code, undo }, brand)
}

/**
 * Short enough for one or two texts. The last line lets a phone fill the code in, on our pages
 * alone (WICG, "Origin-bound one-time codes").
 */
function asSms(
  subject: string,
  paragraphs: string[],
  code: string | undefined,
  { publicUrl }: Brand,
) {
  const lines = [`${subject}.`, ...paragraphs.slice(0, 1)]
  if (code !== undefined) lines.push('', `@${new URL(publicUrl).hostname} #${code}`)
  return { subject, text: lines.join('\n') }
}

/** The link changes nothing by being opened: what follows the # never reaches a server. */
function wayBack({ value, until }: Secret, { publicUrl }: Brand) {
  return {
    before: `If this wasn’t you, undo it until ${when(until)}. That brings back how you signed in before, and signs everyone out:`,
    link: `${publicUrl}/undo#token=${value}`,
  }
}

function asEmail(
  subject: string,
  paragraphs: string[],
  { code, undo }: { code: string | undefined; undo: ReturnType<typeof wayBack> | undefined },
  { name, publicUrl }: Brand,
) {
  const text = [
    ...(code === undefined ? [] : [code]),
    ...paragraphs,
    ...(undo ? [undo.before, undo.link] : []),
    `${name} · ${publicUrl}`,
  ].join('\n\n')
  const html = [
    '<!doctype html>',
    '<html lang="en"><head><meta charset="utf-8"><meta name="color-scheme" content="light dark"></head>',
    '<body style="margin:0 auto;max-width:32rem;padding:1.5rem;font:1rem/1.5 system-ui,sans-serif">',
    ...(code === undefined
      ? []
      : [`<p style="font-size:2rem;letter-spacing:.15em;margin:0 0 1rem"><b>${code}</b></p>`]),
    ...paragraphs.map((paragraph) => `<p>${asText(paragraph)}</p>`),
    ...(undo
      ? [
          `<p>${asText(undo.before)}</p>`,
          `<p><a href="${asText(undo.link)}">Undo this change</a></p>`,
        ]
      : []),
    `<p style="opacity:.7"><small>${asText(name)} · ${asText(publicUrl)}</small></p>`,
    '</body></html>',
  ].join('\n')
  return { subject, text, html }
}

function when(at: number): string {
  const [date, time] = new Date(at).toISOString().split('T') as [string, string]
  return `${date} ${time.slice(0, 5)} (UTC)`
}

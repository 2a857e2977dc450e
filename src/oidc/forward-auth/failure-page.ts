import { forwardAuth as german } from '../../i18n/de/forward-auth.ts'
import { forwardAuth as english } from '../../i18n/en/forward-auth.ts'
import { escapeHtml } from '../../lib/escape-html.ts'
import { languageOf } from '../../lib/language.ts'
import type { SignInFailure } from './forward-auth.ts'

const texts = { en: english, de: german }

/** A page without styles: it is shown at the application’s host, where none of our files are. */
export function renderFailure(
  { failure, retry }: { failure: SignInFailure; retry: string },
  { publicUrl, acceptLanguage }: { publicUrl: string; acceptLanguage: string | undefined },
): string {
  const language = languageOf(acceptLanguage)
  const { title, reasons, retry: again, setUp } = texts[language]
  const link = (url: string, text: string) =>
    `<p><a href="${escapeHtml(url)}">${escapeHtml(text)}</a></p>`
  return [
    `<!doctype html><html lang="${language}"><meta charset="utf-8">`,
    '<meta name="viewport" content="width=device-width">',
    `<title>${escapeHtml(title)}</title>`,
    `<main><h1>${escapeHtml(title)}</h1><p>${escapeHtml(reasons[failure])}</p>`,
    failure === 'mfa_required' ? link(`${publicUrl}/security`, setUp) : '',
    link(retry, again),
    '</main></html>',
  ].join('')
}

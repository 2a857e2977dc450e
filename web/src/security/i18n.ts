import type { SecurityText } from '../../../src/i18n/en/security.ts'
import { config, type Language } from '../config.ts'

const catalogues: Record<Language, () => Promise<{ security: SecurityText }>> = {
  en: () => import('../../../src/i18n/en/security.ts'),
  de: () => import('../../../src/i18n/de/security.ts'),
}

/** The texts of the security page, in the page's language. */
export const { security: t } = await catalogues[config.language]()

/** The page's language, with a region if the browser's languages name one. */
const locale =
  navigator.languages.find((language) => language.startsWith(config.language)) ?? config.language

const dateFormat = new Intl.DateTimeFormat(locale, { dateStyle: 'medium' })
const dateTimeFormat = new Intl.DateTimeFormat(locale, { dateStyle: 'medium', timeStyle: 'short' })
const listFormat = new Intl.ListFormat(locale, { type: 'conjunction' })

/** @param at a time of the API, in ISO 8601 */
export const dateOf = (at: string) => dateFormat.format(new Date(at))
export const dateTimeOf = (at: string) => dateTimeFormat.format(new Date(at))

/** “a, b and c”. */
export const listOf = (items: string[]) => listFormat.format(items)

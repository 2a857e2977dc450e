import type { SecurityText } from '../../../src/text/en/security.ts'
import { config, type Language } from '../config.ts'

const catalogues: Record<Language, () => Promise<{ security: SecurityText }>> = {
  en: () => import('../../../src/text/en/security.ts'),
  de: () => import('../../../src/text/de/security.ts'),
}

/** Every sentence of this page, in the language of this visit. */
export const { security: words } = await catalogues[config.language]()

/** Dates and lists as people write them where they are, if they speak the language of the page. */
const locale = navigator.languages.find((one) => one.startsWith(config.language)) ?? config.language

const dates = new Intl.DateTimeFormat(locale, { dateStyle: 'medium' })
const times = new Intl.DateTimeFormat(locale, { dateStyle: 'medium', timeStyle: 'short' })
const lists = new Intl.ListFormat(locale, { type: 'conjunction' })

/** @param at as the service tells times */
export const dateOf = (at: string) => dates.format(new Date(at))
export const timeOf = (at: string) => times.format(new Date(at))

/** “a, b and c”. */
export const listOf = (things: string[]) => lists.format(things)

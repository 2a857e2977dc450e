import type { PagesText } from '../../src/i18n/en/pages.ts'
import { config, type Language } from './config.ts'

const catalogues: Record<Language, () => Promise<{ pages: PagesText }>> = {
  en: () => import('../../src/i18n/en/pages.ts'),
  de: () => import('../../src/i18n/de/pages.ts'),
}

/** The texts of the pages, in the page's language. */
export const { pages: text } = await catalogues[config.language]()

/** The name of a change, by its activity type; for an unknown type, the type. */
export function changeName(type: string): string {
  return text.changes[type as keyof typeof text.changes] ?? type
}

/** A duration in words. */
export function durationOf(seconds: number): string {
  if (seconds < 90) return text.seconds(seconds)
  const minutes = Math.ceil(seconds / 60)
  return minutes < 90 ? text.minutes(minutes) : text.hours(Math.ceil(minutes / 60))
}

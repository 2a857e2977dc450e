import type { PagesText } from '../../src/i18n/en/pages.ts'
import { config, type Language } from './config.ts'

const catalogues: Record<Language, () => Promise<{ pages: PagesText }>> = {
  en: () => import('../../src/i18n/en/pages.ts'),
  de: () => import('../../src/i18n/de/pages.ts'),
}

/** Every sentence of the pages, in the language of this visit. */
export const { pages: text } = await catalogues[config.language]()

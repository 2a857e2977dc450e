import type { Pages } from '../../src/text/en/pages.ts'
import { config, type Language } from './config.ts'

const catalogues: Record<Language, () => Promise<{ pages: Pages }>> = {
  en: () => import('../../src/text/en/pages.ts'),
  de: () => import('../../src/text/de/pages.ts'),
}

/** Every sentence of the pages, in the language of this visit. */
export const { pages: text } = await catalogues[config.language]()

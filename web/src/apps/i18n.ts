import type { AppsText } from '../../../src/i18n/en/apps.ts'
import { config, type Language } from '../config.ts'

const catalogues: Record<Language, () => Promise<{ apps: AppsText }>> = {
  en: () => import('../../../src/i18n/en/apps.ts'),
  de: () => import('../../../src/i18n/de/apps.ts'),
}

/** The texts of the pages to which applications send people, in the page's language. */
export const { apps: t } = await catalogues[config.language]()

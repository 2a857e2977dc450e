/** The supported languages; the first is the fallback. */
export const languages = ['en', 'de'] as const
export type Language = (typeof languages)[number]

export function isLanguage(name: unknown): name is Language {
  return languages.some((language) => language === name)
}

/**
 * Negotiates the language: the supported one that the client prefers most (RFC 9110 §12.5.4).
 *
 * @param acceptLanguage the `Accept-Language` header
 */
export function languageOf(acceptLanguage: string | undefined): Language {
  const preferences = (acceptLanguage ?? '')
    .split(',')
    .map((preference) => {
      const [range = '', ...parameters] = preference.split(';')
      const quality = parameters.map((text) => /^\s*q=([01](?:\.\d{0,3})?)\s*$/.exec(text)?.[1])
      const [name] = range.trim().toLowerCase().split('-')
      return { name, quality: Number(quality.find((found) => found !== undefined) ?? 1) }
    })
    .filter(({ quality }) => quality > 0)
    .sort((a, b) => b.quality - a.quality)
  return preferences.map(({ name }) => name).find(isLanguage) ?? languages[0]
}

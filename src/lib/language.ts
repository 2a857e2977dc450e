/** The languages that there are; the first is spoken where none that is asked for is there. */
export const languages = ['en', 'de'] as const
export type Language = (typeof languages)[number]

export function isLanguage(name: unknown): name is Language {
  return languages.some((language) => language === name)
}

/**
 * The language that a browser asks for (RFC 9110 §12.5.4), the first of ours by its wishes.
 *
 * @param acceptLanguage `Accept-Language`, as it came
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

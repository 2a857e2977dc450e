import { readFile } from 'node:fs/promises'
import { InvalidSettingsError } from '../config/read-settings.ts'

/** The operator's branding: CSS and images of the pages. */
export interface BrandAssets {
  color: string
  /** The text colour on it: black or white. */
  onColor: string
  css: string
  /** Undefined if the operator has not set one. */
  logo: ImageFile | undefined
  /** A key in the brand colour, used without a logo. */
  defaultIcon: ImageFile
}

export interface ImageFile {
  type: string
  body: string | Uint8Array
}

const imageTypes = { svg: 'image/svg+xml', png: 'image/png' } as const

/** Reads the logo and renders the CSS. @throws InvalidSettingsError if the logo can’t be read */
export async function loadBrandAssets(settings: {
  brandColor: string
  brandLogo: string | undefined
}): Promise<BrandAssets> {
  const { brandColor, brandLogo } = settings
  const logo = brandLogo && {
    type: imageTypes[brandLogo.toLowerCase().endsWith('.svg') ? 'svg' : 'png'],
    body: await readLogo(brandLogo),
  }
  const defaultIcon = { type: imageTypes.svg, body: renderDefaultIcon(brandColor) }
  const onColor = textColorOn(brandColor)
  return {
    color: brandColor,
    onColor,
    css: renderBrandCss(brandColor),
    logo: logo || undefined,
    defaultIcon,
  }
}

async function readLogo(path: string): Promise<Uint8Array> {
  try {
    return await readFile(path)
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException
    throw new InvalidSettingsError([
      `LATCHKEY_BRAND_LOGO is “${path}”, which can’t be read (${code}).`,
    ])
  }
}

/** The key shown beside the name and as favicon. Browser tabs can be light or dark. */
const renderDefaultIcon = (color: string) =>
  `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 32 32"><style>path{fill:${color}}@media (prefers-color-scheme:dark){path{fill:${adjustForContrast(color, darkBackground, 4.5)}}}</style><path d="M11 4a9 9 0 1 0 7.9 13.3H22l2 2 2-2 2 2 3-3.3-3-3H18.9A9 9 0 0 0 11 4Zm-2.6 6.4a2.6 2.6 0 1 1 0 5.2 2.6 2.6 0 0 1 0-5.2Z"/></svg>
`

/**
 * The brand colour as CSS variables, with readable colours for text on it and links in it. For any
 * brand colour, black or white on it reaches 4.5:1 (WCAG 2.2, 1.4.3), and so do links on the light
 * background. On the dark one, where thin letters look thinner, links reach 7:1.
 */
export function renderBrandCss(color: string): string {
  return `:root {
  --accent: ${color};
  --on-accent: ${textColorOn(color)};
  --accent-ink: light-dark(${adjustForContrast(color, lightBackground, 4.5)}, ${adjustForContrast(color, darkBackground, 7)});
}
`
}

function textColorOn(color: string): string {
  return contrastRatio(color, '#ffffff') >= contrastRatio(color, '#000000') ? '#ffffff' : '#000000'
}

/** The two page backgrounds, each with the colour of the highest contrast. */
const lightBackground = { color: '#f4f1ec', opposite: '#000000' }
const darkBackground = { color: '#1c1f1d', opposite: '#ffffff' }

/** Mixes `color` with the background's opposite until the contrast is reached. */
function adjustForContrast(
  color: string,
  background: typeof lightBackground,
  minContrast: number,
): string {
  for (let fraction = 0; fraction < 1; fraction += 0.05) {
    const mixed = mixColors(color, background.opposite, fraction)
    if (contrastRatio(mixed, background.color) >= minContrast) return mixed
  }
  return background.opposite
}

function mixColors(a: string, b: string, fraction: number): string {
  const [from, to] = [rgbOf(a), rgbOf(b)]
  const mixed = from.map((value, i) => Math.round(value + ((to[i] ?? 0) - value) * fraction))
  return `#${mixed.map((value) => value.toString(16).padStart(2, '0')).join('')}`
}

/** WCAG 2.2, “contrast ratio”. */
function contrastRatio(a: string, b: string): number {
  const [dark = 0, light = 0] = [relativeLuminance(a), relativeLuminance(b)].sort((x, y) => x - y)
  return (light + 0.05) / (dark + 0.05)
}

function relativeLuminance(color: string): number {
  const [r = 0, g = 0, b = 0] = rgbOf(color).map((value) => {
    const part = value / 255
    return part <= 0.04045 ? part / 12.92 : ((part + 0.055) / 1.055) ** 2.4
  })
  return 0.2126 * r + 0.7152 * g + 0.0722 * b
}

function rgbOf(color: string): number[] {
  return [1, 3, 5].map((at) => Number.parseInt(color.slice(at, at + 2), 16))
}

import { readFile } from 'node:fs/promises'

/** What CSS and pictures the pages have from the operator. */
export interface Brand {
  color: string
  /** What can be read on it. */
  onColor: string
  css: string
  /** Undefined where there is no logo of theirs. */
  logo: Picture | undefined
  /** A key in their colour, for where there is none. */
  key: Picture
}

export interface Picture {
  type: string
  body: string | Uint8Array
}

const types = { svg: 'image/svg+xml', png: 'image/png' } as const

/** @throws Error if the logo can't be read */
export async function readBrand(settings: {
  brandColor: string
  brandLogo: string | undefined
}): Promise<Brand> {
  const { brandColor, brandLogo } = settings
  const logo = brandLogo && {
    type: types[brandLogo.toLowerCase().endsWith('.svg') ? 'svg' : 'png'],
    body: await readFile(brandLogo),
  }
  const key = { type: types.svg, body: keyPicture(brandColor) }
  const onColor = readableOn(brandColor)
  return { color: brandColor, onColor, css: brandCss(brandColor), logo: logo || undefined, key }
}

/** The key that the pages have beside the name. In a tab it is on white or on black, or between. */
const keyPicture = (color: string) =>
  `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 32 32"><style>path{fill:${color}}@media (prefers-color-scheme:dark){path{fill:${readable(color, black, 4.5)}}}</style><path d="M11 4a9 9 0 1 0 7.9 13.3H22l2 2 2-2 2 2 3-3.3-3-3H18.9A9 9 0 0 0 11 4Zm-2.6 6.4a2.6 2.6 0 1 1 0 5.2 2.6 2.6 0 0 1 0-5.2Z"/></svg>
`

/**
 * The one colour, and what can be read on it and beside it, whatever was chosen: on it white or
 * black has 4.5:1 (WCAG 2.2, 1.4.3), and so has the colour of links on paper. On black, where thin
 * letters look thinner, that has 7:1.
 */
export function brandCss(color: string): string {
  return `:root {
  --accent: ${color};
  --on-accent: ${readableOn(color)};
  --accent-ink: light-dark(${readable(color, paper, 4.5)}, ${readable(color, black, 7)});
}
`
}

function readableOn(color: string): string {
  return contrast(color, '#ffffff') >= contrast(color, '#000000') ? '#ffffff' : '#000000'
}

/** The two backgrounds, and the colour that can be read best on each. */
const paper = { color: '#f4f1ec', opposite: '#000000' }
const black = { color: '#1c1f1d', opposite: '#ffffff' }

/** `color`, moved away from `background` until it has that contrast to it. */
function readable(color: string, background: typeof paper, enough: number): string {
  for (let part = 0; part < 1; part += 0.05) {
    const mixed = mix(color, background.opposite, part)
    if (contrast(mixed, background.color) >= enough) return mixed
  }
  return background.opposite
}

function mix(a: string, b: string, part: number): string {
  const [from, to] = [channels(a), channels(b)]
  const mixed = from.map((value, i) => Math.round(value + ((to[i] ?? 0) - value) * part))
  return `#${mixed.map((value) => value.toString(16).padStart(2, '0')).join('')}`
}

/** WCAG 2.2, “contrast ratio”. */
function contrast(a: string, b: string): number {
  const [dark = 0, light = 0] = [luminance(a), luminance(b)].sort((x, y) => x - y)
  return (light + 0.05) / (dark + 0.05)
}

function luminance(color: string): number {
  const [r = 0, g = 0, b = 0] = channels(color).map((value) => {
    const part = value / 255
    return part <= 0.04045 ? part / 12.92 : ((part + 0.055) / 1.055) ** 2.4
  })
  return 0.2126 * r + 0.7152 * g + 0.0722 * b
}

function channels(color: string): number[] {
  return [1, 3, 5].map((at) => Number.parseInt(color.slice(at, at + 2), 16))
}

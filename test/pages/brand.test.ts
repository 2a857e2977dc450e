/** The operator's brand: name, logo and colour, also unusual ones. */
import assert from 'node:assert/strict'
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import { renderBrandCss } from '../../src/pages/brand-assets.ts'
import { onDatabase } from '../support/latchkey.ts'

const name = `%CONFIG% $& $1 "'&lt; {{x}} %TITLE% \`\${y}\` &quot;`

onDatabase(
  'SQLite',
  (latchkey) => {
    test('special characters in the brand name stay text, in pages, titles and emails', async () => {
      const html = await (await fetch(`${latchkey.origin}/signin`)).text()
      const content = /<meta name="latchkey" content="([^"]*)">/.exec(html)?.[1] ?? ''
      assert.equal(JSON.parse(unescaped(content)).brandName, name)
      const title = /<title>([^<]*)<\/title>/.exec(html)?.[1] ?? ''
      assert.equal(unescaped(title), `Sign in · ${name}`)

      const { email } = await latchkey.owner()
      const [mail] = await latchkey.inbox(email)
      assert.ok(mail?.subject.endsWith(` is your ${name} code`), `${mail?.subject}`)
      assert.ok(unescaped(mail?.html ?? '').includes(`${name} · ${latchkey.origin}`))
    })

    test('a logo runs no scripts, and webmail can show it', async () => {
      const logo = join(latchkey.folder, 'LOGO.SVG')
      writeFileSync(logo, '<svg xmlns="http://www.w3.org/2000/svg"><script>alert(1)</script></svg>')
      await latchkey.restart({ LATCHKEY_BRAND_LOGO: logo })
      const { headers } = await fetch(`${latchkey.origin}/brand/logo`)
      assert.equal(headers.get('content-type'), 'image/svg+xml')
      assert.equal(headers.get('x-content-type-options'), 'nosniff')
      assert.equal(headers.get('cross-origin-resource-policy'), 'cross-origin')
      const policy = headers.get('content-security-policy')?.split('; ')
      assert.ok(policy?.includes("default-src 'none'"))
      assert.doesNotMatch(policy?.join() ?? '', /script-src/)
      // Other sites can load nothing else.
      for (const path of ['/brand.css', '/signin', '/settings', '/openapi.json']) {
        const other = await fetch(latchkey.origin + path)
        assert.equal(other.headers.get('cross-origin-resource-policy'), 'same-origin', path)
      }
    })
  },
  { LATCHKEY_BRAND_NAME: name },
)

test('whatever the brand colour, text on it and links in it are readable', () => {
  const steps = [0, 51, 102, 119, 136, 153, 204, 255]
  const channel = (value: number) => value.toString(16).padStart(2, '0')
  for (const r of steps) {
    for (const g of steps) {
      for (const b of steps) {
        const color = `#${[r, g, b].map(channel).join('')}`
        const css = renderBrandCss(color)
        const on = /--on-accent: (#[0-9a-f]{6});/.exec(css)?.[1] ?? ''
        const ink = /light-dark\((#[0-9a-f]{6}), (#[0-9a-f]{6})\)/.exec(css)
        assert.ok(contrast(color, on) >= 4.5, `${on} on ${color}`)
        assert.ok(contrast(ink?.[1] ?? '', '#f4f1ec') >= 4.5, `${ink?.[1]} on paper`)
        assert.ok(contrast(ink?.[2] ?? '', '#1c1f1d') >= 7, `${ink?.[2]} on black`)
      }
    }
  }
})

function unescaped(html: string): string {
  const signs: Record<string, string> = { quot: '"', lt: '<', gt: '>', amp: '&' }
  return html.replaceAll(/&(quot|lt|gt|amp);/g, (_, sign) => signs[sign] ?? '')
}

/** WCAG 2.2, “contrast ratio” and “relative luminance”. */
function contrast(one: string, other: string): number {
  const [a, b] = [one, other].map((color) => {
    const [r = 0, g = 0, b = 0] = [...Buffer.from(color.slice(1), 'hex')].map((byte) => {
      const part = byte / 255
      return part <= 0.04045 ? part / 12.92 : ((part + 0.055) / 1.055) ** 2.4
    })
    return 0.2126 * r + 0.7152 * g + 0.0722 * b + 0.05
  })
  return Math.max((a ?? 0) / (b ?? 1), (b ?? 0) / (a ?? 1))
}

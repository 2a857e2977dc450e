import assert from 'node:assert/strict'
import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { test } from 'node:test'
import { startChromium } from '../../support/chromium.ts'
import { onDatabase } from '../../support/latchkey.ts'
import { requireTool } from '../../support/tool.ts'

onDatabase(
  'SQLite',
  (latchkey) => {
    test('a camera reads the otpauth URI from the QR code, on a light page and on a dark one', async (t) => {
      const zbarimg = await requireTool(t, 'zbarimg')
      const browser = zbarimg && (await startChromium(t))
      if (!browser) return
      const ada = await latchkey.owner({ email: 'ada+lovelace-with-a-long-name@example.com' })
      const { body } = await ada.enrollAuthenticator()
      assert.match(body.qrCode, /^data:image\/svg\+xml;base64,[A-Za-z0-9+/]+=*$/)
      const svg = Buffer.from(body.qrCode.split(',')[1], 'base64').toString()
      assert.doesNotMatch(svg, /<script|\son\w+=|href/i)

      for (const background of ['white', 'black']) {
        const page = await browser.newPage({ viewport: { width: 320, height: 320 } })
        await page.setContent(
          `<body style="margin:20px;background:${background}"><img width="240" src="${body.qrCode}">`,
        )
        const picture = join(latchkey.folder, `${background}.png`)
        await writeFile(picture, await page.screenshot())
        await page.close()
        const read: string = await zbarimg('--quiet', '--raw', picture)
        assert.equal(read.trimEnd(), body.otpauthUri)
      }

      const { pathname, searchParams } = new URL(body.otpauthUri)
      assert.equal(decodeURIComponent(pathname), `/Ada & Søn: “100 %”:${ada.email}`)
      assert.equal(searchParams.get('issuer'), 'Ada & Søn: “100 %”')
    })
  },
  { LATCHKEY_BRAND_NAME: 'Ada & Søn: “100 %”' },
)

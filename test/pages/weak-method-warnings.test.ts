/** The choice of methods shows the risk of each weaker one. */
import { test } from 'node:test'
import { startChromium } from '../support/chromium.ts'
import { onDatabase } from '../support/latchkey.ts'
import { openSecurityPage, pageActions } from '../support/security-page.ts'

const warnings = {
  en: {
    turnOn: 'Turn on the second step',
    sms: 'Anyone who takes over your number gets it, too.',
    email: 'Anyone who gets into your mailbox gets it, too.',
  },
  de: {
    turnOn: 'Zweiten Schritt einschalten',
    sms: 'Wer deine Nummer übernimmt, bekommt ihn auch.',
    email: 'Wer Zugriff auf dein Postfach hat, bekommt ihn auch.',
  },
}

onDatabase('SQLite', (latchkey) => {
  test('where methods are chosen, texts and emails state who else may get the code', async (t) => {
    const browser = await startChromium(t)
    if (!browser) return
    for (const lang of ['en', 'de'] as const) {
      const ada = await latchkey.owner()
      const { page } = await openSecurityPage(browser, latchkey, ada, { lang })
      const { turnOn, sms, email } = warnings[lang]
      const { press, waitForText } = pageActions(page)
      await press(turnOn)
      await waitForText(sms)
      await waitForText(email)
      await page.context().close()
    }
  })
})

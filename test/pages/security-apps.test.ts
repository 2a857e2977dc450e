/** The applications of an account on its security page. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { AppBrowser } from '../support/app-browser.ts'
import { AppClient } from '../support/app-client.ts'
import { startChromium } from '../support/chromium.ts'
import { onDatabase } from '../support/latchkey.ts'
import { assertPageOkInEveryAppearance } from '../support/page-visit.ts'
import { openSecurityPage, pageActions } from '../support/security-page.ts'

onDatabase('SQLite', (latchkey) => {
  for (const [lang, texts] of Object.entries({
    en: {
      title: 'Applications',
      knows: 'your email address',
      used: 'Used for wiki-en',
      remove: 'Remove wiki-en',
      removed: 'wiki-en has been removed',
      activity: 'You removed the application wiki-en.',
    },
    de: {
      title: 'Anwendungen',
      knows: 'deine E-Mail-Adresse',
      used: 'Benutzt für wiki-de',
      remove: 'wiki-de entfernen',
      removed: 'wiki-de ist entfernt',
      activity: 'Du hast die Anwendung wiki-de entfernt.',
    },
  } as const)) {
    test(`an owner sees and removes an application, on a page without a fault, in ${lang}`, async (t) => {
      const browser = await startChromium(t)
      if (!browser) return
      const ada = await latchkey.owner()
      const app = await AppClient.register(t, latchkey, `wiki-${lang}`, '--trusted')
      const elsewhere = new AppBrowser(latchkey)
      await elsewhere.signIn(ada)
      await app.signIn(elsewhere)

      const visited = await openSecurityPage(browser, latchkey, ada, { lang: lang as 'en' | 'de' })
      const { page } = visited
      const { press, section, waitForText } = pageActions(page)
      const apps = section(texts.title)
      await waitForText(texts.knows, apps)
      await waitForText(texts.used)
      await assertPageOkInEveryAppearance(visited, `applications in ${lang}`)
      await press(texts.remove, apps)
      await waitForText(texts.removed, apps)
      await waitForText(texts.activity)
      assert.deepEqual((await ada.get('/settings/Apps')).body.apps, [])
    })
  }
})

/** A tab of the security page after an undo or a reset in another tab of the browser. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { Page } from 'playwright-core'
import { startChromium } from '../support/chromium.ts'
import { onDatabase, type TestLatchkey } from '../support/latchkey.ts'
import type { Owner } from '../support/owner.ts'
import { openSecurityPage, pageActions, signInOnPage } from '../support/security-page.ts'
import { undoTokenSentTo } from '../support/undo-token.ts'

onDatabase('SQLite', (latchkey) => {
  const newPassword = 'a whole new sentence'

  /** Takes the account back in a tab. @returns sets the new password there */
  const recoveries: Record<string, (tab: Page, ada: Owner) => Promise<() => Promise<void>>> = {
    'an undo': async (tab, ada) => {
      const token = await undoTokenSentTo(latchkey, ada.email, /password/)
      await tab.goto(`${latchkey.origin}/undo#token=${token}`)
      await pageActions(tab).press('Undo the change')
      await tab.getByRole('heading', { name: 'The change has been undone' }).waitFor()
      return () => setPassword(tab, 'Your account is yours again')
    },
    'a reset': async (tab, ada) => {
      await tab.goto(`${latchkey.origin}/forgot`)
      await tab.getByLabel('Email address').fill(ada.email)
      await pageActions(tab).press('Send code')
      await pageActions(tab).type('Code from the message', () => latchkey.codeSentTo(ada.email))
      await setPassword(tab, 'Your new password is set')
      return () => Promise.resolve()
    },
  }

  async function setPassword(tab: Page, heading: string): Promise<void> {
    await tab.getByLabel('New password').fill(newPassword)
    await pageActions(tab).press('Set password')
    await tab.getByRole('heading', { name: heading }).waitFor()
  }

  /** An account whose password a thief changed, open in one tab, and a second tab. */
  async function openTabs(browser: Parameters<typeof openSecurityPage>[0]) {
    const ada = await latchkey.owner()
    const passwordBefore = ada.password
    await ada.changePassword('the sentence of a thief')
    const { page, errors } = await openSecurityPage(browser, latchkey, ada)
    return { ada, passwordBefore, page, errors, tab: await page.context().newPage() }
  }

  for (const [name, recover] of Object.entries(recoveries)) {
    test(`after ${name} in another tab, a tab changes nothing and leads to signing in with the new password`, async (t) => {
      const browser = await startChromium(t)
      if (!browser) return
      const { ada, passwordBefore, page, errors, tab } = await openTabs(browser)
      const finish = await recover(tab, ada)

      await pageActions(page).press('Change to Deutsch')
      await page.waitForURL('**/signin?returnTo=%2Fsecurity')
      await signIn(page, ada.email, passwordBefore)
      await pageActions(page).waitForText(
        name === 'an undo' ? 'This account needs a new password first' : 'password isn’t right',
      )

      await finish()
      await page.goto(`${latchkey.origin}/signin?returnTo=%2Fsecurity`)
      await signIn(page, ada.email, newPassword)
      await pageActions(page).waitForText(`Signed in as ${ada.email}`)
      await pageActions(page).waitForText('We write to you in English.')
      assert.deepEqual(errors, [])
    })

    test(`after ${name} and a sign-in of somebody else, a tab says so and acts for nobody`, async (t) => {
      const browser = await startChromium(t)
      if (!browser) return
      const { ada, page, errors, tab } = await openTabs(browser)
      const bob = await latchkey.owner()
      const finish = await recover(tab, ada)
      await finish()
      // By a page of another application, so no tab of ours learns of it.
      await signInOnPage(tab, bob)

      await pageActions(page).press('Change to Deutsch')
      await pageActions(page).waitForText(/Somebody signed in to another account in this browser\./)
      await pageActions(page).waitForText(`Signed in as ${bob.email}`)
      assert.deepEqual(await languagesOf(latchkey, [ada, bob]), ['en', 'en'])
      assert.deepEqual(errors, [])
    })
  }
})

async function signIn(page: Page, email: string, password: string): Promise<void> {
  await page.getByLabel('Email address').fill(email)
  await page.getByLabel('Password', { exact: true }).fill(password)
  await pageActions(page).press('Sign in')
}

async function languagesOf(latchkey: TestLatchkey, owners: Owner[]): Promise<unknown[]> {
  const addresses = owners.map(({ email }) => `'${email}'`).join(', ')
  const rows = await latchkey.sql(`select language from account where email in (${addresses})`)
  return rows.map(({ language }) => language)
}

/** The profile and the groups of an account, as applications get them. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import * as oidc from 'openid-client'
import { AppBrowser } from '../support/app-browser.ts'
import { AppClient } from '../support/app-client.ts'
import { onEachDatabase } from '../support/latchkey.ts'
import { accountIdOf } from '../support/operator.ts'
import { runLatchkey } from '../support/process.ts'

const attributes = [{ name: 'department', type: 'string', editableBy: 'operator' }]

onEachDatabase(
  (latchkey) => {
    test('an application gets the claims of the scopes that it asks for, and no others', async (t) => {
      const app = await AppClient.register(t, latchkey, 'wiki', '--trusted')
      const ada = await latchkey.owner()
      const { folder, environment } = latchkey
      const commands = [
        ['profile', ada.email, '--name', 'Ada Lovelace', '--username', 'ada'],
        ['profile', ada.email, '--attribute', 'department=Engines'],
        ['groups', ada.email, '--set', 'staff, authors'],
      ]
      for (const command of commands) {
        const args = ['accounts', ...command]
        const { code, stderr } = await runLatchkey(t, { folder, environment, args })
        assert.equal(code, 0, stderr)
      }
      const browser = new AppBrowser(latchkey)
      await browser.signIn(ada)

      const claims = (await app.signIn(browser, { scope: 'openid profile groups' })).claims() ?? {}
      const { name, preferred_username, locale, groups, department, updated_at } =
        claims as object as Record<string, unknown>
      assert.deepEqual(
        { name, preferred_username, locale, groups, department },
        {
          name: 'Ada Lovelace',
          preferred_username: 'ada',
          locale: 'en',
          groups: ['authors', 'staff'],
          department: 'Engines',
        },
      )
      assert.ok(Math.abs(Number(updated_at) - Date.now() / 1000) < 60)
      assert.ok(!('email' in claims) && !('picture' in claims))

      const tokens = await app.signIn(browser, { scope: 'openid email' })
      const id = await accountIdOf(latchkey, ada)
      const info = await oidc.fetchUserInfo(app.config, tokens.access_token, id)
      assert.deepEqual({ ...info }, { sub: id, email: ada.email, email_verified: true })
    })
  },
  { LATCHKEY_PROFILE_ATTRIBUTES: JSON.stringify(attributes) },
)

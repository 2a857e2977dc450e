/** The profile on the security page. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { security as german } from '../../src/i18n/de/security.ts'
import { security as english } from '../../src/i18n/en/security.ts'
import { startChromium } from '../support/chromium.ts'
import { onDatabase } from '../support/latchkey.ts'
import { accountIdOf, createOperator } from '../support/operator.ts'
import { assertPageOk } from '../support/page-visit.ts'
import { assertBody, assertStatus } from '../support/responses.ts'
import { openSecurityPage, pageActions } from '../support/security-page.ts'

const label = { en: 'Department', de: 'Abteilung' }
const environment = {
  LATCHKEY_PROFILE_ATTRIBUTES: JSON.stringify([
    { name: 'department', type: 'string', editableBy: 'operator', label },
    { name: 'floor', type: 'number', editableBy: 'owner', label: { en: 'Floor', de: 'Stockwerk' } },
    { name: 'newsletter', type: 'boolean', editableBy: 'owner' },
  ]),
}

onDatabase(
  'SQLite',
  (latchkey) => {
    test('owners change their name, picture and attributes, and read what the operator set', async (t) => {
      const browser = await startChromium(t)
      if (!browser) return
      const eve = await createOperator(latchkey)
      const ada = await latchkey.owner()
      const user = `/admin/Users/${await accountIdOf(latchkey, ada)}`
      const token = eve.accessToken
      const set = { preferredUsername: 'ada', attributes: { department: 'Engines' } }
      assertStatus(await latchkey.request('PATCH', `${user}/Profile`, { token, body: set }), 200)
      const groups = { groups: ['staff', 'berlin'] }
      assertStatus(await latchkey.request('PUT', `${user}/Groups`, { token, body: groups }), 200)

      const { page, errors } = await openSecurityPage(browser, latchkey, ada)
      const { press, waitForText, section, waitForStatus, type } = pageActions(page)
      const profile = section('Profile')
      const text = (await profile.textContent()) ?? ''
      for (const line of ['Usernameada', 'Groupsberlin and staff', 'DepartmentEngines']) {
        assert.ok(text.includes(line), `${line} in ${text}`)
      }

      await press('Change profile', profile)
      await type('Name', 'Ada Lovelace', profile)
      await type('Web address of your picture', 'http://example.com/ada.png', profile)
      await type('Floor', 'third', profile)
      await press('Save', profile)
      await waitForText('Please enter a web address that starts with https://', profile)
      await type('Web address of your picture', 'https://example.com/ada.png', profile)
      await press('Save', profile)
      await waitForText('Please enter a number.', profile)
      await type('Floor', '3', profile)
      await profile.getByRole('checkbox', { name: 'newsletter' }).check()
      await press('Save', profile)
      await waitForStatus('Profile', 'Your profile has been changed.')
      assertBody(await ada.get('/settings/Profile'), 200, {
        name: 'Ada Lovelace',
        preferredUsername: 'ada',
        picture: 'https://example.com/ada.png',
        groups: ['berlin', 'staff'],
        attributes: { department: 'Engines', floor: 3, newsletter: true },
      })
      await waitForText('Ada Lovelace', profile)
      await waitForText('You changed your profile.')
      await waitForText('The operator of this service changed your groups.')
      assert.equal(await page.locator('img[src^="https:"]').count(), 0, 'a picture was loaded')

      await press('Change profile', profile)
      await type('Name', '', profile)
      await profile.getByRole('checkbox', { name: 'newsletter' }).uncheck()
      await press('Save', profile)
      await waitForStatus('Profile', 'Your profile has been changed.')
      const { name, attributes } = (await ada.get('/settings/Profile')).body
      assert.deepEqual([name, attributes.newsletter], [null, false])
      assert.deepEqual(errors, [])
    })

    for (const [lang, width, colorScheme, words] of [
      ['de', 360, 'dark', german],
      ['en', 1280, 'light', english],
    ] as const) {
      test(`a full profile is accessible, read and edited, at ${width} px, ${colorScheme}, ${lang}`, async (t) => {
        const browser = await startChromium(t)
        if (!browser) return
        const eve = await createOperator(latchkey)
        const ada = await latchkey.owner()
        const user = `/admin/Users/${await accountIdOf(latchkey, ada)}`
        const token = eve.accessToken
        const body = {
          name: 'W'.repeat(100),
          preferredUsername: `ada${'m'.repeat(20)}${width}`,
          picture: `https://pictures.example.com/${'w'.repeat(300)}`,
          attributes: { department: 'W'.repeat(200), floor: 3, newsletter: true },
        }
        assertStatus(await latchkey.request('PATCH', `${user}/Profile`, { token, body }), 200)
        const groups = Array.from({ length: 50 }, (_, index) => `${'g'.repeat(40)}-${index}`)
        const put = { token, body: { groups } }
        assertStatus(await latchkey.request('PUT', `${user}/Groups`, put), 200)
        const seen = await openSecurityPage(browser, latchkey, ada, { lang, width, colorScheme })
        const { section, press } = pageActions(seen.page)
        const profile = section(words.profile.title)
        await assertPageOk(seen, 'profile')
        await press(words.profile.change, profile)
        await assertPageOk(seen, 'profile, editing')
      })
    }
  },
  environment,
)

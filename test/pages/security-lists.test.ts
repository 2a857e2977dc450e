/** The lists of the security page: passkeys, sessions, devices, activity, and losses and thefts. */
import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import { newId } from '../../src/lib/random.ts'
import { startChromium } from '../support/chromium.ts'
import { travel } from '../support/clock.ts'
import { onDatabase } from '../support/latchkey.ts'
import { openSecurityPage, pageActions, signInOnPage } from '../support/security-page.ts'
import { addVirtualAuthenticator } from '../support/virtual-authenticator.ts'

const windows =
  'Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/149.0.0.0 Safari/537.36'
const devices = {
  [windows]: 'Chrome on Windows',
  [`${windows} Edg/149.0.0.0`]: 'Edge on Windows',
  [`${windows} OPR/120.0.0.0`]: 'Opera on Windows',
  'Mozilla/5.0 (iPhone; CPU iPhone OS 19_0 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/19.0 Mobile/15E148 Safari/604.1':
    'Safari on iPhone',
  'Mozilla/5.0 (iPad; CPU OS 19_0 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) CriOS/149.0.0.0 Mobile/15E148 Safari/604.1':
    'Chrome on iPad',
  'Mozilla/5.0 (Linux; Android 16; SM-S931B) AppleWebKit/537.36 (KHTML, like Gecko) SamsungBrowser/29.0 Chrome/130.0.0.0 Mobile Safari/537.36':
    'Samsung Internet on Android',
  'Mozilla/5.0 (Macintosh; Intel Mac OS X 15.7; rv:147.0) Gecko/20100101 Firefox/147.0':
    'Firefox on Mac',
  'ada-backup/2.1 (nightly)': 'ada-backup/2.1 (nightly)',
}

onDatabase('SQLite', (latchkey) => {
  test('a passkey is added, renamed and removed', async (t) => {
    const browser = await startChromium(t)
    if (!browser) return
    const ada = await latchkey.owner()
    const { page, errors } = await openSecurityPage(browser, latchkey, ada)
    const { dialog, press, waitForText, section, waitForStatus, type } = pageActions(page)
    const passkeys = section('Passkeys')
    await addVirtualAuthenticator(page)
    await press('Add a passkey', passkeys)
    await type('Current password', 'not my password', passkeys)
    await press('Add a passkey', passkeys)
    await waitForText('That isn’t your password.', passkeys)
    await type('Current password', ada.password, passkeys)
    // The password in the form is enough for the reauthentication that is due.
    travel(16 * 60_000)
    await press('Add a passkey', passkeys)
    await waitForStatus('Passkeys', 'Chrome on Linux has been added.')
    assert.equal(await dialog.count(), 0)
    await ada.signInFully()
    await press('Add a passkey', passkeys)
    await type('Current password', ada.password, passkeys)
    await press('Add a passkey', passkeys)
    await waitForText('This device already has a passkey for this account.', passkeys)
    await press('Cancel', passkeys)

    await press('Rename Chrome on Linux', passkeys)
    await type('Name', ' ', passkeys)
    await press('Save', passkeys)
    await waitForText('Please enter a name', passkeys)
    await type('Name', 'Office <b>PC</b>', passkeys)
    await press('Save', passkeys)
    await waitForStatus('Passkeys', 'It’s now called Office <b>PC</b>.')
    assert.equal((await ada.get('/settings/Passkeys')).body.passkeys[0].name, 'Office <b>PC</b>')

    await press('Remove Office <b>PC</b>', passkeys)
    await press('Remove', dialog)
    await waitForStatus('Passkeys', 'Office <b>PC</b> has been removed.')
    assert.deepEqual((await ada.get('/settings/Passkeys')).body.passkeys, [])
    assert.deepEqual(errors, [])
  })

  test('sessions are listed with device and IP address, and end one by one or all at once', async (t) => {
    const browser = await startChromium(t)
    if (!browser) return
    const ada = await latchkey.owner()
    for (const agent of Object.keys(devices)) await ada.signIn({ headers: { 'user-agent': agent } })
    const { page, errors } = await openSecurityPage(browser, latchkey, ada)
    const { press, section, waitForStatus } = pageActions(page)
    const sessions = section('Where you are signed in')
    assert.equal(await sessions.getByRole('listitem').count(), 5)
    await press('Show all 10', sessions)
    const sixth = await sessions.getByRole('listitem').nth(5).textContent()
    assert.equal(await sessions.locator('li:focus').textContent(), sixth)
    const names = await sessions.getByRole('listitem').locator('b').allTextContents()
    assert.equal(names[0], 'Chrome on Linux')
    for (const name of Object.values(devices)) assert.ok(names.includes(name), name)
    const [here = '', next = ''] = await sessions.getByRole('listitem').allTextContents()
    assert.match(here, /This device.*from 127\.0\.0\.1/)
    assert.doesNotMatch(next, /This device/)

    await press('Sign out Edge on Windows', sessions)
    await waitForStatus('Where you are signed in', 'Edge on Windows is signed out.')
    assert.equal(await sessions.getByText('Edge on Windows', { exact: true }).count(), 0)
    await press('Sign out everywhere else', sessions)
    await waitForStatus('Where you are signed in', 'You are signed out everywhere else.')
    assert.equal(await sessions.getByRole('listitem').count(), 1)
    assert.equal((await ada.get('/settings')).status, 401)
    assert.deepEqual(errors, [])
  })

  test('remembered devices are removed one by one or all at once', async (t) => {
    const browser = await startChromium(t)
    if (!browser) return
    const ada = await latchkey.owner({ mfaMethod: 'email' })
    const { page, errors } = await openSecurityPage(browser, latchkey, ada)
    const { press, section, waitForStatus } = pageActions(page)
    const title = 'Devices that skip the second step'
    assert.equal(await section(title).count(), 0)
    for (let times = 0; times < 3; times++) {
      await page.context().clearCookies({ name: 'latchkey-device' })
      await signInOnPage(page, ada, { rememberDevice: true })
    }
    await page.reload()
    await section(title).getByRole('listitem').nth(2).waitFor()
    await section(title).getByRole('button', { name: 'Remove Chrome on Linux' }).first().click()
    await waitForStatus(title, 'Chrome on Linux no longer skips the second step.')
    assert.equal((await ada.get('/settings/TrustedDevices')).body.trustedDevices.length, 2)
    await press('Remove all', section(title))
    await waitForStatus(title, 'No device skips the second step any longer.')
    assert.deepEqual((await ada.get('/settings/TrustedDevices')).body.trustedDevices, [])
    assert.deepEqual(errors, [])
  })

  test('every type of activity is described in words, in both languages, page by page', async (t) => {
    const browser = await startChromium(t)
    if (!browser) return
    const ada = await latchkey.owner()
    const docs = readFileSync(join(import.meta.dirname, '../../docs/integrate.md'), 'utf8')
    const types = [...docs.matchAll(/^\| `([a-z_]+\.[a-z_]+)` \|/gm)]
      .map(([, type = '']) => type)
      // Entries about invitations belong to no account.
      .filter((type) => !type.startsWith('invitation.'))
    assert.ok(types.length >= 24)
    const common = {
      ...{ mfaMethod: 'sms', passkey: 'My phone', remaining: 9, amr: 'pwd otp mfa' },
      name: 'Wiki',
    }
    const details = [
      { ...common, step: 'code', reason: 'ended_by_owner', which: 'others', undone: 'mfa.off' },
      {
        ...common,
        step: 'password',
        reason: 'signed_out',
        which: 'all',
        undone: 'passkey.added',
        trusted: true,
      },
      { ...common, undone: 'mfa.off', by: 'ops@example.com', why: 'Phone lost' },
    ]
    const [{ id }] = await latchkey.sql(`select id from account where email = '${ada.email}'`)
    for (const one of details) {
      const detail = JSON.stringify(one)
      const from = 'by' in one ? 'null, null' : `'192.0.2.7', '${windows}'`
      for (const type of [...types, 'tea.made']) {
        await latchkey.sql(
          `insert into activity (id, account_id, type, at, ip_address, user_agent, detail)
           values ('${newId()}', '${id}', '${type}', ${Date.now()}, ${from}, '${detail}')`,
        )
      }
    }
    for (const lang of ['en', 'de'] as const) {
      const { page, errors } = await openSecurityPage(browser, latchkey, ada, { lang })
      const title = lang === 'en' ? 'Recent activity' : 'Letzte Aktivitäten'
      const activity = page.getByRole('region', { name: title })
      const more = activity.getByRole('button', {
        name: lang === 'en' ? 'Show more' : 'Mehr anzeigen',
      })
      const count = () => activity.getByRole('listitem').count()
      assert.equal(await count(), 10)
      while (await more.isVisible()) {
        const before = await count()
        await more.click()
        await activity.getByRole('listitem').nth(before).waitFor()
        // The focus moves to the first new entry.
        const focused = activity.locator('li:focus')
        await focused.waitFor()
        const entries = await activity.getByRole('listitem').allTextContents()
        assert.equal(await focused.textContent(), entries[before])
      }
      const entries = await activity.getByRole('listitem').allTextContents()
      assert.ok(entries.length >= 2 * types.length)
      for (const entry of entries) {
        const raw = types.find((type) => entry.includes(type))
        assert.equal(raw, undefined, entry)
        assert.doesNotMatch(entry, /undefined|null|NaN|\[object/)
        if (entry.includes('Phone lost')) assert.doesNotMatch(entry, /Unknown|Unbekannt/)
      }
      const all = entries.join('\n')
      assert.match(all, /tea\.made/)
      const phrases = {
        en: [
          'You turned off your second step.',
          'Someone tried to sign in with a wrong code.',
          'The operator of this service turned off your second step. The reason given: “Phone lost”',
          'You allowed Wiki to sign you in.',
          'You signed in to Wiki for the first time.',
          'Chrome on Windows, from 192.0.2.7',
        ],
        de: ['Du hast deinen zweiten Schritt ausgeschaltet.', 'Chrome auf Windows'],
      }
      for (const phrase of phrases[lang]) assert.ok(all.includes(phrase), phrase)
      assert.deepEqual(errors, [])
      await page.context().close()
    }
  })

  test('the page explains the effect of each loss and theft, and what to do next', async (t) => {
    const browser = await startChromium(t)
    if (!browser) return
    const ada = await latchkey.owner()
    const { page, errors } = await openSecurityPage(browser, latchkey, ada)
    const { press, waitForText, section } = pageActions(page)
    const what = section('If something gets lost or stolen')
    await waitForText('Do this next: turn on the second step.', what)
    await waitForText(
      'If someone learns your password, they get in: nothing else is required.',
      what,
    )
    await what.getByText('All other cases').click()
    await waitForText('If you forget your password, you still get in with your mailbox.', what)

    await ada.turnOn('email')
    await signInOnPage(page, ada)
    await page.reload()
    await waitForText(
      'If someone gets into your mailbox, they get in: they can set a new password, and',
      what,
    )
    await press('Set up your authenticator app', what)
    await page.getByRole('img', { name: 'QR code for your authenticator app' }).waitFor()

    await ada.turnOn('authenticator')
    await signInOnPage(page, ada)
    await page.reload()
    await waitForText('Your account is well protected.', what)
    await what.getByText('All cases').click()
    const lost = 'If you lose your authenticator app, you still get in with your password and'
    await waitForText(lost, what)
    const stopped = 'If someone learns your password, they are stopped by your second step.'
    await waitForText(stopped, what)
    assert.deepEqual(errors, [])
  })

  test('the page warns of a loss after which the owner could sign in but change nothing there', async (t) => {
    const browser = await startChromium(t)
    if (!browser) return
    const ada = await latchkey.owner({ mfaMethod: 'authenticator' })
    await ada.turnOn('email', { setDefault: false })
    const { page, errors } = await openSecurityPage(browser, latchkey, ada)
    const what = pageActions(page).section('If something gets lost or stolen')
    const lost = 'If you lose your authenticator app, you still get in with your password and'
    await what.getByText('All cases').click()
    await what.getByText(`${lost} a recovery code.`).waitFor()

    await latchkey.sql(
      `update recovery_code set used_at = ${Date.now()}
       where account_id = (select id from account where email = '${ada.email}')`,
    )
    await page.reload()
    const warning = `${lost} your mailbox, but can’t change anything here.`
    await what.locator('.warning', { hasText: warning }).waitFor()
    assert.equal(await what.getByText('Your account is well protected.').count(), 0)
    assert.deepEqual(errors, [])
  })
})

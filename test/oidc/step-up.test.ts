/** An application asks for a more recent or stronger sign-in: prompt, max_age, acr_values. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { AppBrowser, interactionOf } from '../support/app-browser.ts'
import { AppClient } from '../support/app-client.ts'
import { travel } from '../support/clock.ts'
import { onEachDatabase } from '../support/latchkey.ts'
import { assertProblem } from '../support/responses.ts'

const minute = 60_000

onEachDatabase((latchkey) => {
  for (const parameters of [{ prompt: 'login' }, { max_age: '60' }, { max_age: '0' }]) {
    test(`${JSON.stringify(parameters)} asks for a fresh sign-in, and says so by RFC 9470`, async (t) => {
      const name = `fresh-${Object.entries(parameters).join('-').replace(',', '-')}`
      const app = await AppClient.register(t, latchkey, name.replaceAll('_', '-'), '--trusted')
      const ada = await latchkey.owner()
      const browser = new AppBrowser(latchkey)
      await browser.signIn(ada)
      const before = (await app.signIn(browser)).claims()
      travel(5 * minute)

      const { url, finish } = await app.start(parameters)
      const page = await browser.open(url)
      assert.equal(page.url.pathname, '/signin')
      const interaction = interactionOf(page)
      const refused = await browser.call('/auth/Authorization', { interaction })
      assertProblem(refused, 401, 'insufficient_user_authentication')
      const maxAge = parameters.max_age ?? '0'
      assert.match(
        refused.headers.get('www-authenticate') ?? '',
        new RegExp(`^Bearer error="insufficient_user_authentication", max_age="${maxAge}"`),
      )
      await browser.reauthenticate(ada)
      const claims = (await finish(await browser.authorize(page))).claims()
      assert.ok(Number(claims?.auth_time) >= Number(before?.auth_time) + 300)
    })
  }

  test('max_age is no question for a recent sign-in', async (t) => {
    const app = await AppClient.register(t, latchkey, 'patient', '--trusted')
    const browser = new AppBrowser(latchkey)
    await browser.signIn(await latchkey.owner())
    await app.signIn(browser)
    const arrival = await browser.open((await app.start({ max_age: '3600' })).url)
    assert.equal(arrival.status, undefined)
  })

  test('acr_values=aal2 asks for the second factor of a session that began without it', async (t) => {
    const app = await AppClient.register(t, latchkey, 'strong', '--trusted')
    const ada = await latchkey.owner({ mfaMethod: 'authenticator' })
    const browser = new AppBrowser(latchkey)
    await browser.signIn(ada, true)
    await browser.signIn(ada)
    assert.equal((await app.signIn(browser)).claims()?.acr, 'aal1')
    const { url, finish } = await app.start({ acr_values: 'aal2' })
    const page = await browser.open(url)
    const interaction = interactionOf(page)
    const refused = await browser.call('/auth/Authorization', { interaction })
    assertProblem(refused, 401, 'insufficient_user_authentication')
    assert.match(refused.headers.get('www-authenticate') ?? '', /acr_values="aal2"/)
    await browser.reauthenticate(ada)
    assert.equal((await finish(await browser.authorize(page))).claims()?.acr, 'aal2')
  })

  test('acr_values=aal2 without MFA goes back with an error, and never loops', async (t) => {
    const app = await AppClient.register(t, latchkey, 'unreachable', '--trusted')
    for (const mfaMethod of [undefined, 'email'] as const) {
      const browser = new AppBrowser(latchkey)
      await browser.signIn(await latchkey.owner({ ...(mfaMethod && { mfaMethod }) }))
      const page = await browser.open((await app.start({ acr_values: 'aal2' })).url)
      const arrival = await browser.authorize(page)
      assert.equal(arrival.status, undefined)
      const error = arrival.url.searchParams.get('error')
      assert.equal(error, 'unmet_authentication_requirements')
      // Others are satisfied by what there is.
      for (const acr_values of ['aal2 aal1', 'urn:example:silver', 'aal1']) {
        assert.ok((await app.signIn(browser, { acr_values })).access_token)
      }
    }
  })

  test('an id_token_hint of another person goes back with an error, and never loops', async (t) => {
    const app = await AppClient.register(t, latchkey, 'hinting', '--trusted')
    const [ada, ben] = [await latchkey.owner(), await latchkey.owner()]
    const browser = new AppBrowser(latchkey)
    await browser.signIn(ada)
    const { id_token = '' } = await app.signIn(browser)
    const other = new AppBrowser(latchkey)
    await other.signIn(ben)
    const { url } = await app.start({ id_token_hint: id_token })
    const arrival = await other.authorize(await other.open(url))
    assert.equal(arrival.url.searchParams.get('error'), 'login_required')
  })
})

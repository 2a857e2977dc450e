/** The browser that goes on to an application is the one that signed in. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { AppBrowser, interactionOf } from '../support/app-browser.ts'
import { AppClient } from '../support/app-client.ts'
import { onEachDatabase } from '../support/latchkey.ts'
import { assertProblem, assertStatus } from '../support/responses.ts'

onEachDatabase((latchkey) => {
  // Abuse case (Sessions and tokens): A stranger began a sign-in, sent somebody the link of its page, and
  // went on as that person (device-code and OAuth phishing).
  test('who begins a sign-in and has another person complete it does not go on as that person', async (t) => {
    const app = await AppClient.register(t, latchkey, 'phished', '--trusted')
    const [thief, victim] = [new AppBrowser(latchkey), new AppBrowser(latchkey)]
    await victim.signIn(await latchkey.owner())
    const link = await thief.open((await app.start()).url)
    const interaction = interactionOf(link)
    const answer = await victim.call('/auth/Authorization', { interaction })
    const { redirectTo } = assertStatus(answer, 200).body
    for (const browser of [thief, victim]) {
      const arrival = await browser.open(redirectTo)
      assert.equal(arrival.url.origin, latchkey.origin)
      assert.equal(arrival.status, 400)
    }
  })

  test('an unknown, a finished and a malformed interaction are refused', async (t) => {
    const app = await AppClient.register(t, latchkey, 'finished', '--trusted')
    const browser = new AppBrowser(latchkey)
    await browser.signIn(await latchkey.owner())
    const page = await browser.open((await app.start()).url)
    await browser.authorize(page)
    for (const interaction of [interactionOf(page), 'x'.repeat(43)]) {
      const answer = await browser.call('/auth/Authorization', { interaction })
      assertProblem(answer, 404, 'authorization_expired')
      const described = await latchkey.get(`/auth/Authorization?interaction=${interaction}`)
      assertProblem(described, 404, 'authorization_expired')
    }
    const malformed = await browser.call('/auth/Authorization', {
      interaction: 'x\u0000'.repeat(10),
    })
    assert.equal(malformed.status, 400)
  })
})

/**
 * Visits the page that Apache protects, on a machine that was set up by docs/apps.md: a program of its own, because
 * that machine has a network of its own. Fails with a reason.
 */
import assert from 'node:assert/strict'
import { ApacheVisitor } from './apache.ts'
import { AppBrowser } from './app-browser.ts'
import { TestLatchkey } from './latchkey.ts'
import { waitUntil } from './process.ts'
import { assertStatus } from './responses.ts'

const latchkey = new TestLatchkey('SQLite')
// It runs already.
latchkey.environment = { LATCHKEY_PORT: '4000' }

const ada = await latchkey.owner()
await ada.enrollAuthenticator()
// Not the next code: the sign-in needs a later one, and the clock of the service does not travel.
const code = ada.authenticator.code()
const turnedOn = await ada.post('/settings/MfaSignIn', { mfaMethod: 'authenticator', code })
assertStatus(turnedOn, 200)
const visitor = new ApacheVisitor({ origin: 'http://localhost' }, new AppBrowser(latchkey))
const asked = await visitor.open('/')
assert.equal(asked.url.href.split('?')[0], `${latchkey.origin}/signin`, asked.html)
await visitor.browser.signIn(ada)
const shown = await visitor.open((await visitor.browser.authorize(asked)).url)
assert.deepEqual([shown.url.href, shown.status], ['http://localhost/', 200], shown.html)
assert.match(shown.html, /Apache2 Debian Default Page/)
// 404, because nothing is there: this person may see it.
assert.equal((await visitor.open('/payments')).status, 404)

assertStatus(await ada.delete('/settings/Sessions'), 200)
await waitUntil(async () => (await visitor.open('/')).url.origin === latchkey.origin)
await latchkey.stop()

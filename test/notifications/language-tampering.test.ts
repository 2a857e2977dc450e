/** Attempts to manipulate the language of messages: in requests, settings and the database. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { onEachDatabase } from '../support/latchkey.ts'

const html = '"><script>alert(1)</script>'

onEachDatabase((latchkey) => {
  test('a stranger’s request in another language does not change the language of the owner’s messages', async () => {
    const { email, password } = await latchkey.owner()
    const headers = { 'accept-language': 'de' }
    await latchkey.post('/auth/ForgotPassword', { email }, { headers })
    await latchkey.post('/auth/SignUp', { email, password: 'ein ganz anderer Satz' }, { headers })
    await latchkey.post('/auth/SignIn', { email, password }, { headers })
    for (const message of await latchkey.inbox(email)) {
      assert.match(message.html ?? '', /<html lang="en">/, message.subject)
    }
  })

  test('only supported languages appear in a message’s HTML', async () => {
    const odd = { headers: { 'accept-language': `${html}, ${'x, '.repeat(2000)}` } }
    const email = `html-${latchkey.databaseKind}@example.com`
    await latchkey.post('/auth/SignUp', { email, password: 'a long sentence of somebody' }, odd)
    const [first] = await latchkey.inbox(email)
    assert.match(first?.html ?? '', /<html lang="en">/)

    const ada = await latchkey.owner()
    await latchkey.sql(`update account set language = '${html}' where email = '${ada.email}'`)
    assert.equal((await ada.get('/settings')).body.language, 'en')
    await ada.turnOn('email')
    const [on] = await latchkey.inbox(ada.email)
    assert.equal(on?.subject, 'Your second step for Latchkey is on')
    assert.doesNotMatch(on?.html ?? '', /<script/)
  })

  test('an account sets only its own language, with a token, to a supported one', async () => {
    const ada = await latchkey.owner()
    const bob = await latchkey.owner()
    const path = '/settings/Language'
    const body = { language: 'de' }
    assert.equal((await latchkey.request('PUT', path, { body })).status, 401)
    for (const refused of [
      {},
      { language: 'DE' },
      { language: ['de'] },
      { language: null },
      { language: html },
      { language: 'de', email: bob.email },
      { language: 'de', account: 'x' },
    ]) {
      assert.equal((await ada.put(path, refused)).status, 400, JSON.stringify(refused))
    }
    assert.equal((await ada.get('/settings')).body.language, 'en')
    assert.equal((await ada.put(path, body)).status, 200)
    assert.equal((await bob.get('/settings')).body.language, 'en')
    await ada.post('/auth/SignOut')
    assert.equal((await ada.put(path, { language: 'en' })).status, 401)
  })

  test('a code enqueued before a language change keeps the old language, and later ones use the new', async () => {
    const ada = await latchkey.owner()
    await latchkey.post('/auth/ForgotPassword', { email: ada.email })
    await ada.put('/settings/Language', { language: 'de' })
    await latchkey.post('/auth/ForgotPassword', { email: ada.email })
    const [after, before] = await latchkey.inbox(ada.email)
    assert.match(after?.html ?? '', /<html lang="de">/)
    assert.match(before?.html ?? '', /<html lang="en">/)
  })
})

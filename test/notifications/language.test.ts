import assert from 'node:assert/strict'
import { test } from 'node:test'
import { notifications as german } from '../../src/i18n/de/notifications.ts'
import { notifications as english } from '../../src/i18n/en/notifications.ts'
import { onEachDatabase } from '../support/latchkey.ts'
import { assertBody } from '../support/responses.ts'
import { startSignUp } from '../support/sign-up.ts'

onEachDatabase((latchkey) => {
  const german = { headers: { 'accept-language': 'de-AT, en;q=0.5' } }

  test('messages use the language in which the owner signed up, regardless of who causes the change', async () => {
    const email = 'oma@example.com'
    const password = 'ein langer Satz von Oma'
    const proof = await startSignUp(latchkey, { email, password }, german)
    const [first] = await latchkey.inbox(email)
    assert.equal(first?.subject, `${proof.code} ist dein Code für Latchkey`)
    assert.match(first?.html ?? '', /<html lang="de">/)
    const { body } = await latchkey.post('/auth/SignUp/Verify', proof, german)

    // From now on the account's language counts, not that of the request.
    const token = body.accessToken
    const newPassword = 'ein noch längerer Satz'
    const headers = { 'accept-language': 'en' }
    const change = { currentPassword: password, newPassword }
    await latchkey.request('PUT', '/settings/Password', { body: change, token, headers })
    const [changed] = await latchkey.inbox(email)
    assert.equal(changed?.subject, 'Dein Passwort für Latchkey wurde geändert')
    assert.match(
      changed?.text ?? '',
      /^Dein Passwort für Latchkey wurde am \d+\. \S+ \d{4} um \d\d:\d\d \(UTC\) geändert/,
    )
    assert.match(changed?.text ?? '', /kannst du es bis .* rückgängig machen/)
  })

  test('recipients without an account get the language of their browser, or English if it is not supported', async () => {
    await latchkey.post('/auth/ForgotPassword', { email: 'niemand@example.com' }, german)
    const [first] = await latchkey.inbox('niemand@example.com')
    assert.equal(first?.subject, 'Mit dieser Adresse hast du kein Konto bei Latchkey')
    const headers = { 'accept-language': 'fr, *;q=0.1' }
    await latchkey.post('/auth/ForgotPassword', { email: 'personne@example.com' }, { headers })
    const [second] = await latchkey.inbox('personne@example.com')
    assert.equal(second?.subject, 'You have no Latchkey account with this address')
  })

  test('an owner sets the language of the messages', async () => {
    const ada = await latchkey.owner()
    assert.equal((await ada.get('/settings')).body.language, 'en')
    const chosen = await ada.put('/settings/Language', { language: 'de' })
    assertBody(chosen, 200, { language: 'de' })
    assert.equal((await ada.get('/settings')).body.language, 'de')
    const [entry] = (await ada.get('/settings/Activity')).body.activity
    assert.deepEqual([entry.type, entry.detail], ['language.changed', { language: 'de' }])
    await ada.turnOn('email')
    const [on] = await latchkey.inbox(ada.email)
    assert.equal(on?.subject, 'Dein zweiter Schritt für Latchkey ist an')
    assert.equal((await ada.put('/settings/Language', { language: 'fr' })).status, 400)
  })
})

test('no sentence is the same in both languages', () => {
  const params = { at: '1', method: 'x', remaining: 2, reason: 'y', app: 'z' }
  for (const [name, write] of Object.entries(english.templates)) {
    const other = german.templates[name as keyof typeof german.templates]
    const [here, there] = [write, other].map((words) => words(params, 'Name', '123456'))
    assert.notEqual(here?.subject, there?.subject, name)
    for (const paragraph of here?.paragraphs ?? []) {
      assert.ok(!there?.paragraphs.includes(paragraph), `${name}: ${paragraph}`)
    }
    assert.equal(here?.paragraphs.length, there?.paragraphs.length, name)
  }
})

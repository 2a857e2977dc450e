import assert from 'node:assert/strict'
import { test } from 'node:test'
import { onEachDatabase } from '../../support/latchkey.ts'
import { addPasskey, passkeyRowsOf, startPasskeySignIn } from '../../support/passkeys.ts'
import { SoftwareAuthenticator } from '../../support/software-authenticator.ts'

onEachDatabase((latchkey) => {
  test('a malformed passkey response gets a 400 wherever one is expected', async () => {
    const ada = await latchkey.owner()
    const passkey = await addPasskey(latchkey, ada)
    const { options } = (await ada.startPasskeyRegistration()).body
    const registration = new SoftwareAuthenticator(latchkey.origin).create(options)
    const begun = await startPasskeySignIn(latchkey)
    const assertion = passkey.get(begun.body.options)
    const { passkeyToken } = begun.body

    type Part = Record<string, unknown>
    const changes: [string, (one: { response: object }) => unknown][] = [
      ['nothing', () => undefined],
      ['null', () => null],
      ['a text', () => 'passkey'],
      ['a list', (one) => [one]],
      ['no fields', () => ({})],
      ['no response', ({ response: _, ...one }) => one],
      ['a response that is null', (one) => ({ ...one, response: null })],
      ['an id that is a number', (one) => ({ ...one, id: 7 })],
      ['an empty id', (one) => ({ ...one, id: '' })],
      ['a huge id', (one) => ({ ...one, id: 'A'.repeat(1401) })],
      ['an id with NUL', (one) => ({ ...one, id: 'a\0' })],
      ['another type', (one) => ({ ...one, type: 'password' })],
      ['no rawId', (one) => ({ ...one, rawId: undefined })],
      ...['clientDataJSON', 'attestationObject', 'authenticatorData', 'signature'].flatMap(
        (name): [string, (one: { response: object }) => unknown][] =>
          [undefined, null, '', 7, {}, ['A'], 'A'.repeat(13_000)].map((value) => [
            `${name}: ${JSON.stringify(value)?.slice(0, 20)}`,
            (one) => ({ ...one, response: { ...one.response, [name]: value } }),
          ]),
      ),
    ]
    for (const [what, change] of changes) {
      const name = what.split(':')[0] ?? ''
      for (const [path, one, more] of [
        ['/settings/Passkeys/Verify', registration, {}],
        ['/auth/SignIn/Passkey/Verify', assertion, { passkeyToken }],
      ] as [string, { response: object }, Part][]) {
        // Fields of the other ceremony are ignored.
        if (what.includes(':') && !(name in one.response)) continue
        const token = path.startsWith('/settings') ? { token: ada.accessToken } : {}
        const answer = await latchkey.post(path, { ...more, response: change(one) }, token)
        assert.equal(answer.status, 400, `${path}: ${what}`)
      }
    }
    // No rejected request used up its challenge.
    const verified = await ada.post('/settings/Passkeys/Verify', { response: registration })
    assert.equal(verified.status, 201)
    const request = { passkeyToken, response: assertion }
    assert.equal((await latchkey.post('/auth/SignIn/Passkey/Verify', request)).status, 200)
  })

  test('unreadable client data is rejected', async () => {
    const ada = await latchkey.owner()
    const passkey = await addPasskey(latchkey, ada)
    const nested = `${'['.repeat(1500)}${']'.repeat(1500)}`
    const texts = ['null', '7', '[]', '{', '"text"', nested, '\0', '{"challenge":["a"]}', '{}']
    for (const text of texts) {
      const clientDataJSON = Buffer.from(text).toString('base64url')
      const begun = await startPasskeySignIn(latchkey)
      const assertion = passkey.get(begun.body.options)
      const { passkeyToken } = begun.body
      const response = { ...assertion, response: { ...assertion.response, clientDataJSON } }
      const alone = await latchkey.post('/auth/SignIn/Passkey/Verify', { passkeyToken, response })
      assert.equal(alone.body.code, 'invalid_passkey', text)
      const { options } = (await ada.startPasskeyRegistration()).body
      const registration = new SoftwareAuthenticator(latchkey.origin).create(options)
      const added = await ada.post('/settings/Passkeys/Verify', {
        response: { ...registration, response: { ...registration.response, clientDataJSON } },
      })
      assert.equal(added.body.code, 'invalid_passkey', text)
    }
  })

  // Abuse case (Input and output): A user-chosen name ran as HTML or displayed as something else.
  test('a passkey’s name must be displayable, and markup in it stays text', async () => {
    const ada = await latchkey.owner()
    const passkey = await addPasskey(latchkey, ada)
    const path = `/settings/Passkeys/${passkey.id}`
    const before = await passkeyRowsOf(latchkey, ada)
    const rename = (name: unknown) =>
      latchkey.request('PATCH', path, { token: ada.accessToken, body: { name } })
    for (const name of [
      '',
      ' ',
      '\u00a0',
      'a\nb',
      'a\u0000b',
      'a\u001bb',
      'a\u007fb',
      'right\u202eleft',
      'zero\u200bwidth',
      '\ud800',
      'x'.repeat(65),
      7,
      null,
      undefined,
    ]) {
      assert.equal((await rename(name)).status, 400, JSON.stringify(name))
      const { options } = (await ada.startPasskeyRegistration()).body
      const response = new SoftwareAuthenticator(latchkey.origin).create(options)
      if (name === undefined) continue
      const added = await ada.post('/settings/Passkeys/Verify', { name, response })
      assert.equal(added.status, 400, JSON.stringify(name))
    }
    assert.deepEqual(await passkeyRowsOf(latchkey, ada), before)

    for (const name of ['x'.repeat(64), '🔑'.repeat(64), '<img src=x onerror=alert(1)>', '"; --']) {
      const renamed = await rename(name)
      assert.equal(renamed.status, 200, name)
      const read = await ada.get('/settings/Passkeys')
      assert.equal(read.body.passkeys[0].name, name)
      assert.match(read.headers.get('content-type') ?? '', /^application\/json/)
      assert.equal(read.headers.get('x-content-type-options'), 'nosniff')
    }
  })

  test('an unknown passkey id gets a 404, whatever characters it has', async () => {
    const ada = await latchkey.owner()
    for (const id of ['x', '..', '%2e%2e', "' or 1=1", 'A'.repeat(64), '🔑']) {
      const path = `/settings/Passkeys/${encodeURIComponent(id)}`
      const answer = await ada.delete(path)
      assert.equal(answer.status, 404, id)
      const call = { token: ada.accessToken, body: { name: 'Mine' } }
      assert.equal((await latchkey.request('PATCH', path, call)).status, 404, id)
    }
    for (const id of ['A'.repeat(65), '%00', '%ff']) {
      const { status } = await ada.delete(`/settings/Passkeys/${id}`)
      assert.ok(status === 400 || status === 404, `${id}: ${status}`)
    }
  })
})

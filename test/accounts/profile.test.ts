/** The profile of an account's owner, which applications may read. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { travel } from '../support/clock.ts'
import { onDatabase, onEachDatabase, type TestLatchkey } from '../support/latchkey.ts'
import { accountIdOf, createOperator } from '../support/operator.ts'
import type { Owner } from '../support/owner.ts'
import { assertBody, assertStatus } from '../support/responses.ts'

const declared = [
  { name: 'department', type: 'string', editableBy: 'operator', label: { en: 'Department' } },
  { name: 'floor', type: 'number', editableBy: 'owner', label: {} },
  { name: 'newsletter', type: 'boolean', editableBy: 'owner', label: {} },
]
const environment = { LATCHKEY_PROFILE_ATTRIBUTES: JSON.stringify(declared) }

const patch = (latchkey: TestLatchkey, owner: Owner, body: unknown) =>
  latchkey.request('PATCH', '/settings/Profile', { token: owner.accessToken, body })

onEachDatabase((latchkey) => {
  /** Entries about the profile, newest first. */
  async function entriesOf(owner: Owner): Promise<{ type: string; detail: object }[]> {
    const { activity } = (await owner.get('/settings/Activity')).body
    return activity.filter(({ type }: { type: string }) => /^(profile|username|groups)/.test(type))
  }

  test('an account without a profile has an empty one, dated by the account', async () => {
    const ada = await latchkey.owner()
    const settings = (await ada.get('/settings')).body
    const { body } = await ada.get('/settings/Profile')
    assert.deepEqual(body, {
      name: null,
      preferredUsername: null,
      picture: null,
      locale: 'en',
      groups: [],
      attributes: {},
      updatedAt: settings.createdAt,
    })
    assert.deepEqual(settings.profile, body)
    assert.deepEqual(settings.policy.profileAttributes, declared)
  })

  test('owners change their name, picture and attributes, and null removes each', async () => {
    const ada = await latchkey.owner()
    const first = await patch(latchkey, ada, {
      name: '  Ada Lovelace ',
      picture: 'https://pictures.example.com/ada.png',
      attributes: { floor: 3, newsletter: false },
    })
    assertBody(first, 200, {
      name: 'Ada Lovelace',
      picture: 'https://pictures.example.com/ada.png',
      attributes: { floor: 3, newsletter: false },
    })
    travel(60_000)
    const second = await patch(latchkey, ada, { picture: null, attributes: { floor: null } })
    assertBody(second, 200, {
      name: 'Ada Lovelace',
      picture: null,
      attributes: { newsletter: false },
    })
    assert.ok(second.body.updatedAt > first.body.updatedAt)
    assert.deepEqual((await ada.get('/settings/Profile')).body, second.body)
    assert.deepEqual(
      (await entriesOf(ada)).map(({ type, detail }) => [type, detail]),
      [
        ['profile.changed', { fields: 'picture floor' }],
        ['profile.changed', { fields: 'name picture floor newsletter' }],
      ],
    )
  })

  test('a change to what the profile is already leaves no entry and no other date', async () => {
    const ada = await latchkey.owner()
    const body = { name: 'Ada', attributes: { floor: 3, newsletter: null } }
    const first = await patch(latchkey, ada, body)
    travel(60_000)
    assert.deepEqual((await patch(latchkey, ada, body)).body, first.body)
    assert.deepEqual((await patch(latchkey, ada, {})).body, first.body)
    assert.equal((await entriesOf(ada)).length, 1)
  })

  // Abuse case (Input and output): Owners edited a field of their profile that applications took for
  // the account, and became somebody else there (CVE-2023-3128).
  test('owners can edit neither their username nor their groups nor the operator’s attributes', async () => {
    const ada = await latchkey.owner()
    for (const [body, path] of [
      [{ preferredUsername: 'root' }, '/preferredUsername'],
      [{ groups: ['admins'] }, '/groups'],
      [{ attributes: { department: 'Board' } }, '/attributes/department'],
      [{ attributes: { department: null } }, '/attributes/department'],
      [{ attributes: { other: 1 } }, '/attributes/other'],
      [{ locale: 'de' }, '/locale'],
    ] as const) {
      const { errors } = assertStatus(await patch(latchkey, ada, body), 400).body
      assert.deepEqual(
        errors.map((error: { path: string }) => error.path),
        [path],
      )
    }
    assert.deepEqual(await entriesOf(ada), [])
  })

  // Abuse case (Input and output): The URL of a picture made an application fetch an address of its
  // own network (SSRF).
  test('names, pictures and values of the wrong form are refused by their field', async () => {
    const ada = await latchkey.owner()
    for (const [body, path] of [
      [{ name: '   ' }, '/name'],
      [{ name: 'Ada\nAdmin' }, '/name'],
      [{ name: 'Ada \u202egnikcah' }, '/name'],
      [{ name: 'a'.repeat(101) }, '/name'],
      [{ picture: 'http://example.com/a.png' }, '/picture'],
      [{ picture: 'javascript:alert(1)' }, '/picture'],
      [{ picture: 'https://ada:secret@example.com/a.png' }, '/picture'],
      [{ picture: 'https://example.com:8443/a.png' }, '/picture'],
      [{ picture: 'https://127.0.0.1/a.png' }, '/picture'],
      [{ picture: 'https://0x7f.1/a.png' }, '/picture'],
      [{ picture: 'https://[::1]/a.png' }, '/picture'],
      [{ picture: 'https://localhost/a.png' }, '/picture'],
      [{ picture: 'https://grafana/a.png' }, '/picture'],
      [{ picture: 'https://x.localhost./a.png' }, '/picture'],
      [{ picture: 'no url' }, '/picture'],
      [{ attributes: { floor: '3' } }, '/attributes/floor'],
      [{ attributes: { newsletter: 1 } }, '/attributes/newsletter'],
    ] as const) {
      const { errors } = assertStatus(await patch(latchkey, ada, body), 400).body
      assert.equal(errors[0].path, path, JSON.stringify(body))
    }
    assert.deepEqual((await ada.get('/settings/Profile')).body.name, null)
  })

  test('the language of the account is the locale of the profile, and dates it', async () => {
    const ada = await latchkey.owner()
    const before = (await ada.get('/settings/Profile')).body
    travel(60_000)
    await ada.put('/settings/Language', { language: 'de' })
    const after = (await ada.get('/settings/Profile')).body
    assert.equal(after.locale, 'de')
    assert.ok(after.updatedAt > before.updatedAt)
  })

  test('operators edit every field, and the owner reads who did', async () => {
    const eve = await createOperator(latchkey)
    const ada = await latchkey.owner()
    const path = `/admin/Users/${await accountIdOf(latchkey, ada)}`
    const call = (body: unknown) =>
      latchkey.request('PATCH', `${path}/Profile`, { token: eve.accessToken, body })
    const changed = await call({
      name: 'Ada',
      attributes: { department: 'Engines' },
      reason: 'As in the directory',
    })
    const { profile } = assertStatus(changed, 200).body
    assert.deepEqual(profile, (await ada.get('/settings/Profile')).body)
    assert.deepEqual(profile, (await eve.get(path)).body.profile)
    assert.deepEqual([profile.name, profile.attributes], ['Ada', { department: 'Engines' }])
    const [entry] = await entriesOf(ada)
    assert.deepEqual(
      [entry?.type, entry?.detail],
      ['profile.changed', { fields: 'name department', by: eve.email, why: 'As in the directory' }],
    )
    assertBody(await call({ attributes: { department: 7 } }), 400, { code: 'invalid_request' })
  })

  test('erasing an account erases its profile and groups', async () => {
    const eve = await createOperator(latchkey)
    const ada = await latchkey.owner()
    const id = await accountIdOf(latchkey, ada)
    await patch(latchkey, ada, { name: 'Ada' })
    const groups = { body: { groups: ['staff'] }, token: eve.accessToken }
    assertStatus(await latchkey.request('PUT', `/admin/Users/${id}/Groups`, groups), 200)
    for (const table of ['profile', 'account_group']) {
      assert.equal(
        (await latchkey.sql(`select 1 from ${table} where account_id = '${id}'`)).length,
        1,
        table,
      )
    }
    await latchkey.sql(`delete from account where id = '${id}'`)
    for (const table of ['profile', 'account_group']) {
      assert.equal(
        (await latchkey.sql(`select 1 from ${table} where account_id = '${id}'`)).length,
        0,
        table,
      )
    }
  })
}, environment)

onDatabase(
  'SQLite',
  (latchkey) => {
    test('values of attributes that are no longer declared, or have another type, are not shown', async () => {
      const ada = await latchkey.owner()
      await patch(latchkey, ada, { name: 'Ada' })
      await latchkey.sql(
        `update profile set attributes = '{"floor":"third","newsletter":true,"gone":1}'`,
      )
      const { attributes } = (await ada.get('/settings/Profile')).body
      assert.deepEqual(attributes, { newsletter: true })
    })

    test('a hundred and twenty changes of a profile an hour are allowed, and no more', async () => {
      const ada = await latchkey.owner()
      for (let count = 0; count < 120; count += 1) {
        assertStatus(await patch(latchkey, ada, { attributes: { floor: count } }), 200)
      }
      const refused = await patch(latchkey, ada, { attributes: { floor: -1 } })
      assertBody(refused, 429, { code: 'too_many_attempts' })
      assert.equal((await ada.get('/settings/Profile')).body.attributes.floor, 119)
    })
  },
  environment,
)

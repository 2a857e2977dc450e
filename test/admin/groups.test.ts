/** Groups: flat labels of an account, which only operators change and applications read. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { onEachDatabase } from '../support/latchkey.ts'
import { accountIdOf, createOperator } from '../support/operator.ts'
import type { Owner } from '../support/owner.ts'
import { assertProblem, assertStatus } from '../support/responses.ts'

onEachDatabase((latchkey) => {
  const put = async (operator: Owner, owner: Owner, body: unknown) =>
    latchkey.request('PUT', `/admin/Users/${await accountIdOf(latchkey, owner)}/Groups`, {
      token: operator.accessToken,
      body,
    })

  const groupsOf = async (owner: Owner) => (await owner.get('/settings/Profile')).body.groups

  test('an operator replaces the groups, and the owner reads them and who gave and took which', async () => {
    const eve = await createOperator(latchkey)
    const ada = await latchkey.owner()
    const first = await put(eve, ada, { groups: ['staff', 'Admins', 'staff'] })
    assert.deepEqual(assertStatus(first, 200).body.profile.groups, ['Admins', 'staff'])
    assert.deepEqual(await groupsOf(ada), ['Admins', 'staff'])
    assertStatus(await put(eve, ada, { groups: ['staff', 'berlin'], reason: 'Moved' }), 200)
    assertStatus(await put(eve, ada, { groups: ['berlin', 'staff'] }), 200)
    assertStatus(await put(eve, ada, { groups: [] }), 200)
    assert.deepEqual(await groupsOf(ada), [])

    const { activity } = (await ada.get('/settings/Activity')).body
    assert.deepEqual(
      activity
        .filter(({ type }: { type: string }) => type === 'groups.changed')
        .map(({ detail }: { detail: object }) => detail),
      [
        { added: '', removed: 'berlin staff', by: eve.email },
        { added: 'berlin', removed: 'Admins', by: eve.email, why: 'Moved' },
        { added: 'Admins staff', removed: '', by: eve.email },
      ],
    )
  })

  test('a change of groups ends no session and sends no message', async () => {
    const eve = await createOperator(latchkey)
    const ada = await latchkey.owner()
    const before = (await latchkey.inbox(ada.email)).length
    assertStatus(await put(eve, ada, { groups: ['staff'] }), 200)
    assertStatus(await ada.get('/settings'), 200)
    assert.equal((await latchkey.inbox(ada.email)).length, before)
  })

  test('a label that a header or a list could not carry is refused', async () => {
    const eve = await createOperator(latchkey)
    const ada = await latchkey.owner()
    for (const label of ['', 'a,b', 'a b', '-a', 'Gäste', 'a\nb', 'a'.repeat(65)]) {
      const { errors } = assertProblem(
        await put(eve, ada, { groups: ['staff', label] }),
        400,
        'invalid_request',
      ).body
      assert.match(errors[0].path, /^\/groups/, label)
    }
    const many = Array.from({ length: 51 }, (_, index) => `group-${index}`)
    assertProblem(await put(eve, ada, { groups: many }), 400, 'invalid_request')
    assertStatus(await put(eve, ada, { groups: many.slice(1) }), 200)
    assert.equal((await groupsOf(ada)).length, 50)
  })

  test('groups of an account are the operator’s alone to change, and not those of their own', async () => {
    const eve = await createOperator(latchkey)
    const ada = await latchkey.owner({ mfaMethod: 'authenticator' })
    assertProblem(await put(ada, eve, { groups: ['staff'] }), 403, 'not_an_operator')
    assertProblem(await put(eve, eve, { groups: ['staff'] }), 409, 'own_account')
    assert.deepEqual(await groupsOf(eve), [])
  })
})

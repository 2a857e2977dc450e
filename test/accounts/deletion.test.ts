import assert from 'node:assert/strict'
import { test } from 'node:test'
import { runCleanUp } from '../support/clean-up.ts'
import { travel } from '../support/clock.ts'
import { type ApiResponse, onEachDatabase } from '../support/latchkey.ts'
import { accountActions, accountIdOf, actOnAccount, createOperator } from '../support/operator.ts'
import { addPasskey } from '../support/passkeys.ts'
import { assertStatus } from '../support/responses.ts'
import { undoTokenSentTo } from '../support/undo-token.ts'

// No receiver listens, so the events wait.
const environment = { LATCHKEY_WEBHOOK_URL: `http://127.0.0.1:9/?secret=whsec_${'A'.repeat(32)}` }

onEachDatabase((latchkey) => {
  // Abuse case (MFA changed by an attacker): Sessions survived a password
  // reset or a deletion (GHSA-2vg6-77g8-24mp, CVE-2023-22492, CVE-2026-43983).
  test('deleting an account ends access at once and notifies its owner', async () => {
    const ada = await latchkey.owner({ mfaMethod: 'sms' })
    const wrong = await ada.delete('/settings/Account', { body: { password: 'not it' } })
    assert.equal(wrong.status, 401)
    const deleted = await ada.delete('/settings/Account', { body: { password: ada.password } })
    assert.equal(deleted.status, 204)

    assert.equal((await ada.get('/settings')).status, 401)
    const { email, refreshToken, password } = ada
    assert.equal((await latchkey.post('/auth/Refresh', { refreshToken })).status, 401)
    assert.equal((await latchkey.post('/auth/SignIn', { email, password })).status, 401)
    const [message] = await latchkey.inbox(email)
    assert.match(message?.subject ?? '', /was deleted/)
  })

  test('an undo within seven days restores a deleted account as it was', async () => {
    const ada = await latchkey.owner({ mfaMethod: 'authenticator' })
    await ada.delete('/settings/Account', { body: { password: ada.password } })
    travel(6 * 86_400_000)
    await runCleanUp(latchkey)
    const token = await undoTokenSentTo(latchkey, ada.email, /was deleted/)
    const { body } = await latchkey.post('/auth/Undo', { token })
    assert.equal(body.undone, 'account.deleted')
    ada.password = 'a whole new sentence'
    const { resetToken } = body
    await latchkey.post('/auth/ResetPassword', { resetToken, newPassword: ada.password })
    await ada.signInFully()
  })

  test('a deleted account responds to its right password and to wrong ones as an unknown address does', async () => {
    const ada = await latchkey.owner()
    const { email, password } = ada
    await ada.delete('/settings/Account', { body: { password } })
    const signIn = async (body: object) => {
      const { requestId: _, ...rest } = (await latchkey.post('/auth/SignIn', body)).body
      return rest
    }
    const unknown = await signIn({ email: `nobody-${email}`, password })
    assert.equal(unknown.code, 'invalid_credentials')
    assert.deepEqual(await signIn({ email, password }), unknown)
    assert.deepEqual(await signIn({ email, password: 'not the right one' }), unknown)
  })

  // Abuse case (MFA changed by an attacker): Deleting left personal data
  // behind.
  test('seven days after a deletion no table contains the account’s personal data', async () => {
    const ada = await latchkey.owner({ mfaMethod: 'sms' })
    const name = `${ada.email}’s phone`
    const { credentialId, userHandle } = await addPasskey(latchkey, ada, { name })
    const { options } = (await ada.startPasskeyRegistration()).body
    const profile = { body: { name: `${ada.email} Lovelace` }, token: ada.accessToken }
    assertStatus(await latchkey.request('PATCH', '/settings/Profile', profile), 200)
    await ada.signIn()
    await ada.delete('/settings/Account', { body: { password: ada.password } })
    travel(8 * 86_400_000)
    await runCleanUp(latchkey)

    const personalData = [ada.email, ada.phoneNumber, credentialId, userHandle, options.challenge]
    await assertInNoTable(personalData)
    const erased = await latchkey.sql("select * from activity where type = 'account.erased'")
    assert.ok(erased.length > 0)
    // The address can be used again.
    const newOwner = await latchkey.owner({ email: ada.email })
    assert.equal((await newOwner.get('/settings/MfaSignIn')).body.enabled, false)
  })

  /** Searches every column of every table. */
  async function assertInNoTable(personalData: string[]): Promise<void> {
    const tables =
      latchkey.databaseKind === 'SQLite'
        ? "select name from sqlite_schema where type = 'table'"
        : "select table_name as name from information_schema.tables where table_schema = 'public'"
    for (const { name } of await latchkey.sql(tables)) {
      const rows = JSON.stringify(await latchkey.sql(`select * from ${name}`))
      for (const personal of personalData) {
        assert.ok(!rows.includes(personal), `${name} still contains personal data`)
      }
    }
  }

  test('an erased operator’s address is in nobody’s activity, which says that a former operator acted', async () => {
    const [eve, joe] = [await createOperator(latchkey), await createOperator(latchkey)]
    const ada = await latchkey.owner({ mfaMethod: 'sms' })
    const actions = Object.keys(accountActions) as (keyof typeof accountActions)[]
    for (const action of actions) {
      const acted = await actOnAccount(latchkey, eve, action, {
        target: ada,
        reason: 'Called back',
      })
      assert.equal(acted.status, 200, action)
    }
    const id = await accountIdOf(latchkey, ada)
    const actorsOf = async (response: ApiResponse): Promise<unknown[]> =>
      response.body.activity.flatMap(({ detail }: { detail: { by?: string } }) => detail.by ?? [])
    const listed = () => joe.get(`/admin/Activity?user=${id}&limit=100`)
    assert.deepEqual(
      await actorsOf(await listed()),
      actions.map(() => eve.email),
    )
    // Receivers need the account of the operator, not its address.
    const events = await latchkey.sql(`select body from webhook_event where account_id = '${id}'`)
    const operator = await accountIdOf(latchkey, eve)
    const operators = events.map(({ body }) => JSON.parse(body).data.detail.by).filter(Boolean)
    assert.deepEqual(
      operators,
      actions.map(() => operator),
    )

    await eve.delete('/settings/Account', { body: { password: eve.password } })
    travel(8 * 86_400_000)
    await runCleanUp(latchkey)
    await assertInNoTable([eve.email])
    const former = actions.map(() => 'a former operator')
    await joe.signInFully()
    assert.deepEqual(await actorsOf(await listed()), former)
    await ada.resetPassword('a whole new sentence')
    ada.storeTokens(await ada.signIn())
    assert.deepEqual(await actorsOf(await ada.get('/settings/Activity?limit=100')), former)
  })
}, environment)

import assert from 'node:assert/strict'
import { test } from 'node:test'
import { onEachDatabase, type TestLatchkey } from '../../support/latchkey.ts'
import { countLiveSessions, mfaMethods, submitMfaCode } from '../../support/mfa.ts'
import type { Owner } from '../../support/owner.ts'
import { assertStatus } from '../../support/responses.ts'
import { undoTokenSentTo } from '../../support/undo-token.ts'

const mfaMethod = 'recoveryCode'

/** How many recovery codes of an owner are unused. */
async function countUnused(latchkey: TestLatchkey, { email }: Owner): Promise<number> {
  const [row] = await latchkey.sql(
    `select count(*) as left_over from recovery_code where used_at is null
     and account_id = (select id from account where email = '${email}')`,
  )
  return Number(row.left_over)
}

onEachDatabase((latchkey) => {
  for (const method of mfaMethods) {
    test(`turning ${method} on shows ten recovery codes, once`, async () => {
      const ada = await latchkey.owner()
      const { body } = await ada.turnOn(method)
      const codes: string[] = body.recoveryCodes
      assert.equal(new Set(codes).size, 10)
      for (const code of codes) {
        assert.match(code, /^[0-9A-HJKMNP-TV-Z]{4}-[0-9A-HJKMNP-TV-Z]{4}-[0-9A-HJKMNP-TV-Z]{4}$/)
      }

      const whileOn = [
        await ada.get('/settings/MfaSignIn'),
        await ada.get('/settings/RecoveryCodes'),
        await ada.post('/settings/MfaSignIn', { mfaMethod: method }),
        ...(method === 'email' ? [] : [await ada.turnOn('email')]),
      ]
      for (const answer of whileOn) assert.equal(answer.body.recoveryCodes, undefined)
      const later = [
        await ada.delete('/settings/MfaSignIn'),
        await ada.turnOn(method),
        await ada.get('/settings/Activity?limit=100'),
        await latchkey.get('/dev/Messages'),
      ]
      for (const answer of [...whileOn, ...later]) {
        const text = JSON.stringify(answer.body)
        for (const code of codes) assert.ok(!text.includes(code), 'a recovery code is shown again')
      }
      const rows = JSON.stringify(await latchkey.sql('select * from recovery_code'))
      for (const code of codes) {
        assert.ok(!rows.includes(code) && !rows.includes(code.replaceAll('-', '')))
      }
    })
  }

  test('a recovery code replaces the second factor, once, in every common spelling', async () => {
    const ada = await latchkey.owner({ mfaMethod: 'authenticator' })
    const spellings = [
      (code: string) => code,
      (code: string) => code.toLowerCase(),
      (code: string) => code.replaceAll('-', ''),
      (code: string) => code.toLowerCase().replaceAll('-', ' '),
      (code: string) => ` ${code.replaceAll('-', ' - ')} `,
      (code: string) => code.replaceAll('0', 'o').replaceAll('1', 'l'),
      (code: string) => code.replaceAll('0', 'O').replaceAll('1', 'I'),
    ]
    for (const [i, spelling] of spellings.entries()) {
      const begun = await ada.signIn()
      const code = ada.recoveryCodes[i] ?? ''
      const entered = await submitMfaCode(latchkey, begun, { code: spelling(code), mfaMethod })
      assert.equal(entered.status, 200, `spelling ${i}`)
      assert.equal(await countUnused(latchkey, ada), 9 - i)
      const again = await submitMfaCode(latchkey, await ada.signIn(), { code, mfaMethod })
      assert.equal(again.body.code, 'invalid_code', 'one use, in any spelling')
    }
    const { body } = await ada.get('/settings/Activity?limit=100')
    const used = body.activity.filter(
      (entry: { type: string }) => entry.type === 'recovery_code.used',
    )
    assert.deepEqual(
      used.map((entry: { detail: { remaining: number } }) => entry.detail.remaining),
      [3, 4, 5, 6, 7, 8, 9],
    )
  })

  test('an invalid recovery code is rejected and uses up an attempt', async () => {
    const ada = await latchkey.owner({ mfaMethod: 'authenticator' })
    const bob = await latchkey.owner({ mfaMethod: 'authenticator' })
    const [code = ''] = ada.recoveryCodes
    const invalidCodes = [
      ...[code.slice(1), code.slice(0, -1), `${code}0`, `${code}-${code}`],
      ...[code.slice(0, 4), '-', ' ', '%', '0'.repeat(12), ...bob.recoveryCodes.slice(0, 1)],
    ]
    for (const other of invalidCodes) {
      const begun = await ada.signIn()
      const refused = await submitMfaCode(latchkey, begun, { code: other, mfaMethod })
      assert.equal(refused.status, 401, other)
      assert.equal(refused.body.attemptsLeft, 4)
    }
    assert.equal(await countUnused(latchkey, ada), 10)
    assert.equal(await countUnused(latchkey, bob), 10)
  })

  test('a recovery code is accepted only if the request names it as one', async () => {
    const ada = await latchkey.owner({ mfaMethod: 'authenticator' })
    const [code = ''] = ada.recoveryCodes
    const begun = await ada.signIn()
    for (const named of [undefined, 'authenticator', 'sms', 'email'] as const) {
      const refused = await submitMfaCode(latchkey, begun, {
        code,
        ...(named && { mfaMethod: named }),
      })
      assert.equal(refused.body.code, 'invalid_code')
    }
    assert.equal((await submitMfaCode(latchkey, begun, { code, mfaMethod })).status, 200)
  })

  // Abuse case (Reuse of codes and tokens): One recovery code was used several times
  // concurrently (CVE-2026-31875, GHSA-2299-ghjr-6vjp, GHSA-w73w-g5xw-rwhf).
  test('forty concurrent uses of one recovery code, across eight sign-ins, complete one', async () => {
    const ada = await latchkey.owner({ mfaMethod: 'sms' })
    const waiting = await Promise.all(Array.from({ length: 8 }, () => ada.signIn()))
    const before = await countLiveSessions(latchkey, ada)
    const [code = ''] = ada.recoveryCodes
    const answers = await Promise.all(
      waiting.flatMap((begun) =>
        Array.from({ length: 5 }, () => submitMfaCode(latchkey, begun, { code, mfaMethod })),
      ),
    )
    assert.equal(answers.filter(({ status }) => status === 200).length, 1)
    for (const { status } of answers) assert.ok([200, 401, 429].includes(status))
    assert.equal(await countLiveSessions(latchkey, ada), before + 1)
    assert.equal(await countUnused(latchkey, ada), 9)
  })

  test('ten concurrent recovery codes for one sign-in create one session and use up one code', async () => {
    const ada = await latchkey.owner({ mfaMethod: 'email' })
    const begun = await ada.signIn()
    const answers = await Promise.all(
      ada.recoveryCodes.map((code) => submitMfaCode(latchkey, begun, { code, mfaMethod })),
    )
    assert.equal(answers.filter(({ status }) => status === 200).length, 1)
    assert.equal(await countUnused(latchkey, ada), 9, 'rejected codes stay valid')
  })

  test('recovery codes are offered while any are left, and do not count as a method', async () => {
    const ada = await latchkey.owner({ mfaMethod: 'authenticator' })
    for (const code of ada.recoveryCodes) {
      const begun = await ada.signIn()
      assert.deepEqual(begun.body.availableMethods, ['authenticator', 'recoveryCode'])
      assert.equal((await submitMfaCode(latchkey, begun, { code, mfaMethod })).status, 200)
    }
    assert.deepEqual((await ada.signIn()).body.availableMethods, ['authenticator'])
    const { body } = await ada.get('/settings/MfaSignIn')
    assert.deepEqual(body.availableMethods, ['authenticator'])
  })

  test('with MFA off, no recovery code is requested, accepted or used up', async () => {
    const ada = await latchkey.owner({ mfaMethod: 'email' })
    const [first = '', second = ''] = ada.recoveryCodes
    const used = await submitMfaCode(latchkey, await ada.signIn(), { code: first, mfaMethod })
    ada.storeTokens(used)
    const waiting = await ada.signIn()
    await ada.delete('/settings/MfaSignIn')

    const late = await submitMfaCode(latchkey, waiting, { code: second, mfaMethod })
    assert.equal(late.body.code, 'mfa_token_expired')
    const { email, password } = ada
    const beside = await latchkey.post('/auth/SignIn', { email, password, code: second })
    assert.equal(beside.status, 400, 'a sign-in accepts no code')
    const instead = await latchkey.post('/auth/SignIn', { email, password: second })
    assert.equal(instead.body.code, 'invalid_credentials')
    assert.equal(await countUnused(latchkey, ada), 9)

    const token = await undoTokenSentTo(latchkey, ada.email, /is off$/)
    const { resetToken } = assertStatus(await latchkey.post('/auth/Undo', { token }), 200).body
    ada.password = 'a whole new sentence'
    const newPassword = ada.password
    assertStatus(await latchkey.post('/auth/ResetPassword', { resetToken, newPassword }), 200)
    const begun = await ada.signIn()
    const spent = await submitMfaCode(latchkey, begun, { code: first, mfaMethod })
    assert.equal(spent.body.code, 'invalid_code', 'a used code stays used')
    assert.equal((await submitMfaCode(latchkey, begun, { code: second, mfaMethod })).status, 200)
  })

  test('a sign-in by recovery code may turn MFA off, in case the owner has lost the phone', async () => {
    const ada = await latchkey.owner({ mfaMethod: 'authenticator' })
    const [code = ''] = ada.recoveryCodes
    ada.storeTokens(await submitMfaCode(latchkey, await ada.signIn(), { code, mfaMethod }))
    assert.equal((await ada.delete('/settings/MfaSignIn')).body.enabled, false)
  })
})

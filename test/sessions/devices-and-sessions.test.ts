import assert from 'node:assert/strict'
import { test } from 'node:test'
import { travel } from '../support/clock.ts'
import { onEachDatabase } from '../support/latchkey.ts'
import type { Owner } from '../support/owner.ts'

const day = 86_400_000

onEachDatabase((latchkey) => {
  test('sessions are listed newest first, with the current one marked', async () => {
    const ada = await latchkey.owner()
    await latchkey.post(
      '/auth/SignIn',
      { email: ada.email, password: ada.password },
      { headers: { 'user-agent': 'A laptop <b>\u00ad' } },
    )
    const { body } = await ada.get('/settings/Sessions')
    assert.equal(body.sessions.length, 2)
    assert.deepEqual(
      body.sessions.map(({ current }: { current: boolean }) => current),
      [false, true],
    )
    assert.equal(body.sessions[0].userAgent, 'A laptop <b>')
    assert.deepEqual(body.sessions[0].amr, ['pwd'])
  })

  test('ending a session from another voids its access and refresh tokens at once', async () => {
    const ada = await latchkey.owner()
    const laptop = (await ada.signIn()).body
    const { body } = await ada.get('/settings/Sessions')
    const other = body.sessions.find(({ current }: { current: boolean }) => !current)
    const ended = await ada.delete(`/settings/Sessions/${other.id}`)
    assert.equal(ended.status, 200)
    assert.equal(ended.body.sessions.length, 1)
    assert.equal((await latchkey.get('/settings', { token: laptop.accessToken })).status, 401)
    const { refreshToken } = laptop
    assert.equal((await latchkey.post('/auth/Refresh', { refreshToken })).status, 401)
    assert.equal((await ada.delete(`/settings/Sessions/${other.id}`)).status, 404)
  })

  test('ending all other sessions keeps the current one', async () => {
    const ada = await latchkey.owner()
    const others = await Promise.all([ada.signIn(), ada.signIn(), ada.signIn()])
    const ended = await ada.delete('/settings/Sessions')
    assert.equal(ended.body.sessions.length, 1)
    for (const { body } of others) {
      assert.equal((await latchkey.get('/settings', { token: body.accessToken })).status, 401)
    }
    assert.equal((await ada.get('/settings')).status, 200)
  })

  test('a session past its idle timeout or lifetime is not listed', async () => {
    const ada = await latchkey.owner()
    const refresh = async () => {
      const { refreshToken } = ada
      ada.storeTokens(await latchkey.post('/auth/Refresh', { refreshToken }))
    }
    const idle = (await ada.signIn()).body
    for (let days = 0; days < 78; days += 13) {
      travel(13 * day)
      await refresh()
    }
    assert.equal((await latchkey.get('/settings', { token: idle.accessToken })).status, 401)
    assert.equal((await ada.get('/settings/Sessions')).body.sessions.length, 1)
    travel(12.5 * day)
    ada.storeTokens(await ada.signIn())
    const { sessions } = (await ada.get('/settings/Sessions')).body
    assert.deepEqual(
      sessions.map(({ current }: { current: boolean }) => current),
      [true],
    )
  })

  test('ending sessions is recorded once per call, if any was live', async () => {
    const ada = await latchkey.owner()
    await ada.delete('/settings/Sessions')
    assert.deepEqual(await sessionEndsOf(ada), [])

    await ada.signIn()
    await ada.signIn()
    const all = Array.from({ length: 10 }, () => ada.delete('/settings/Sessions'))
    for (const { status } of await Promise.all(all)) assert.equal(status, 200)
    const others = { reason: 'ended_by_owner', which: 'others' }
    assert.deepEqual(await sessionEndsOf(ada), [others])

    await ada.signIn()
    const { sessions } = (await ada.get('/settings/Sessions')).body
    const { id } = sessions.find(({ current }: { current: boolean }) => !current)
    assert.equal((await ada.delete(`/settings/Sessions/${id}`)).status, 200)
    assert.equal((await ada.delete(`/settings/Sessions/${id}`)).status, 404)
    assert.deepEqual(await sessionEndsOf(ada), [{ reason: 'ended_by_owner', which: id }, others])
  })

  test('an expired session cannot be ended', async () => {
    const ada = await latchkey.owner()
    const [{ id }] = (await ada.get('/settings/Sessions')).body.sessions
    travel(15 * day)
    await ada.signInFully()
    assert.equal((await ada.delete(`/settings/Sessions/${id}`)).status, 404)
    assert.equal((await ada.delete('/settings/Sessions')).status, 200)
    assert.deepEqual(await sessionEndsOf(ada), [])
  })

  /** The details of the activity entries about ended sessions, newest first. */
  async function sessionEndsOf(ada: Owner): Promise<unknown[]> {
    const { body } = await ada.get('/settings/Activity?limit=100')
    return body.activity
      .filter(({ type }: { type: string }) => type === 'session.ended')
      .map(({ detail }: { detail: unknown }) => detail)
  }

  // Abuse case (MFA changed by an attacker): A user ended another account’s
  // session or trusted device by its id (CVE-2025-71400).
  // Abuse case (Sessions and tokens): Users could see sessions of other accounts (CVE-2024-39683,
  // CVE-2026-23511).
  test('nobody sees or ends another account’s sessions and devices', async () => {
    const ada = await latchkey.owner({ mfaMethod: 'authenticator' })
    const { mfaToken } = (await ada.signIn()).body
    const code = ada.authenticator.nextCode()
    const remembered = { mfaToken, code, rememberDevice: true }
    ada.storeTokens(await latchkey.post('/auth/SignIn/Mfa', remembered))
    const eve = await latchkey.owner()
    const { body } = await ada.get('/settings/Sessions')
    const sessions = body.sessions.map(({ id }: { id: string }) => id)
    const { trustedDevices } = (await ada.get('/settings/TrustedDevices')).body
    assert.equal(trustedDevices.length, 1)

    for (const id of sessions) {
      assert.equal((await eve.delete(`/settings/Sessions/${id}`)).status, 404)
    }
    const device = `/settings/TrustedDevices/${trustedDevices[0].id}`
    assert.equal((await eve.delete(device)).status, 404)
    const eveSessions = (await eve.get('/settings/Sessions')).body.sessions
    assert.equal(eveSessions.length, 1)
    assert.ok(!sessions.includes(eveSessions[0].id))
    assert.deepEqual((await eve.get('/settings/TrustedDevices')).body.trustedDevices, [])
    await eve.delete('/settings/Sessions')
    await eve.delete('/settings/TrustedDevices')

    assert.deepEqual((await ada.get('/settings/Sessions')).body, body)
    const remaining = (await ada.get('/settings/TrustedDevices')).body
    assert.deepEqual(remaining.trustedDevices, trustedDevices)
  })
})

/** Every end of a session reaches its applications, whatever ended it. */
import assert from 'node:assert/strict'
import { globSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import { onEachDatabase, type TestLatchkey } from '../support/latchkey.ts'
import { addLogoutApp, sessionOf, signInToApp } from '../support/logout-receiver.ts'
import { actOnAccount, createOperator } from '../support/operator.ts'
import type { Owner } from '../support/owner.ts'
import { runLatchkey, waitUntil } from '../support/process.ts'
import { assertStatus } from '../support/responses.ts'
import { undoTokenSentTo } from '../support/undo-token.ts'

const src = join(import.meta.dirname, '../../src')
const sourceFiles = globSync('**/*.ts', { cwd: src }).map((file) => ({
  file,
  source: readFileSync(join(src, file), 'utf8'),
}))
const filesWith = (pattern: RegExp) =>
  sourceFiles.flatMap(({ file, source }) => (pattern.test(source) ? [file] : [])).sort()

/** A way to end the session that an owner is signed in with. */
interface Way {
  /** The file of `src` that ends the session. */
  file: string
  end(ada: Owner, latchkey: TestLatchkey): Promise<unknown>
}

/** Ends the session from another one of the same owner. */
const fromAnother =
  (end: (ada: Owner, first: string) => Promise<unknown>) => async (ada: Owner) => {
    const first = sessionOf(ada).session
    await ada.signInFully()
    await end(ada, first)
  }

const byOperator =
  (action: 'endSessions' | 'newPassword' | 'suspend') =>
  async (ada: Owner, latchkey: TestLatchkey) => {
    const operator = await createOperator(latchkey)
    const target = { target: ada, reason: 'A lost phone' }
    assertStatus(await actOnAccount(latchkey, operator, action, target), 200)
  }

/** Every way there is to end a session. */
const ways: Record<string, Way> = {
  'signing out': {
    file: 'sessions/session-routes.ts',
    end: async (ada) => assertStatus(await ada.post('/auth/SignOut'), 204),
  },
  'ending it elsewhere': {
    file: 'sessions/device-and-session-routes.ts',
    end: fromAnother(async (ada, first) =>
      assertStatus(await ada.delete(`/settings/Sessions/${first}`), 200),
    ),
  },
  'signing out everywhere else': {
    file: 'sessions/device-and-session-routes.ts',
    end: fromAnother(async (ada) => assertStatus(await ada.delete('/settings/Sessions'), 200)),
  },
  'the reuse of a refresh token': {
    file: 'sessions/refresh-token.ts',
    async end(ada, latchkey) {
      const stolen = ada.refreshToken
      for (const _ of [1, 2]) {
        const { refreshToken } = ada
        ada.storeTokens(await latchkey.post('/auth/Refresh', { refreshToken }))
      }
      const reused = await latchkey.post('/auth/Refresh', { refreshToken: stolen })
      assertStatus(reused, 401)
    },
  },
  'a new password': {
    file: 'accounts/password/password-change.ts',
    end: fromAnother((ada) => ada.changePassword('a whole new sentence')),
  },
  'a password reset': {
    file: 'accounts/password/password-reset.ts',
    end: (ada) => ada.resetPassword('a whole new sentence'),
  },
  'turning MFA on': {
    file: 'mfa/mfa-sign-in.ts',
    end: fromAnother((ada) => ada.turnOn('email')),
  },
  'an undo': {
    file: 'undo/undo.ts',
    async end(ada, latchkey) {
      await ada.changePassword('a whole new sentence')
      const token = await undoTokenSentTo(latchkey, ada.email, /password/)
      assertStatus(await latchkey.post('/auth/Undo', { token }), 200)
    },
  },
  'deleting the account': {
    file: 'accounts/deletion.ts',
    async end(ada) {
      const { password } = ada
      assertStatus(await ada.delete('/settings/Account', { body: { password } }), 204)
    },
  },
  'an operator who ends all sessions': {
    file: 'admin/account-actions.ts',
    end: byOperator('endSessions'),
  },
  'an operator who requires a new password': {
    file: 'admin/account-actions.ts',
    end: byOperator('newPassword'),
  },
  'a suspension': { file: 'admin/account-actions.ts', end: byOperator('suspend') },
  // The last one, because it ends those of the other tests.
  'a command that signs everybody out': {
    file: 'admin/sign-out-all.ts',
    end: async () => {},
  },
}

test('one statement ends sessions, and every caller of it is tried here', () => {
  const update = /updateTable\('session'\)(?:(?!\.execute)[\s\S])*?\bended_at:/
  assert.deepEqual(filesWith(update), ['sessions/session.ts'])
  const raw = /\b(update|delete from)\s+"?session\b/i
  assert.deepEqual(filesWith(raw), [])
  assert.deepEqual(filesWith(/deleteFrom\('session'\)/), [])
  // Whose sessions have all ended with its deletion, a week before.
  assert.deepEqual(filesWith(/deleteFrom\('account'\)/), ['accounts/deletion.ts'])
  const callers = filesWith(/\b(endSession|endSessions|endAllSessions)\(/)
  const tried = [
    ...Object.values(ways).map(({ file }) => file),
    // Signing out at an application’s request: test/oidc/logout-tokens.test.ts.
    'oidc/provider/middleware.ts',
    'sessions/session.ts',
  ]
  assert.deepEqual(callers, [...new Set(tried)].sort())
})

onEachDatabase((latchkey) => {
  test('every end of a session sends each of its applications one logout token', async (t) => {
    const apps = [await addLogoutApp(t, latchkey, 'git'), await addLogoutApp(t, latchkey, 'chat')]
    const [git] = apps
    assert.ok(git)
    const bystander = await latchkey.owner()
    const bystandersSid = await signInToApp(latchkey, bystander, git)
    const expected = new Map(apps.map((app) => [app, [] as (string | undefined)[]]))

    for (const [way, { end }] of Object.entries(ways)) {
      const ada = await latchkey.owner()
      const { account } = sessionOf(ada)
      const sids = new Map<string, string | undefined>()
      for (const app of apps) sids.set(app.clientId, await signInToApp(latchkey, ada, app))
      await end(ada, latchkey)
      if (way === 'a command that signs everybody out') {
        const args = ['accounts', 'sessions-end', '--all', '--reason', 'a leak']
        const { environment, folder } = latchkey
        const { code, stderr } = await runLatchkey(t, { environment, folder, args })
        assert.equal(code, 0, stderr)
        expected.get(git)?.push(bystandersSid)
      }
      for (const app of apps) {
        const sid = sids.get(app.clientId)
        const logout = await waitUntil(() => app.received.find((one) => one.sid === sid))
        assert.equal(logout.claims.sub, account, way)
        expected.get(app)?.push(sid)
      }
    }
    await waitUntil(() => git.received.some(({ sid }) => sid === bystandersSid))
    for (const [app, sids] of expected) {
      assert.deepEqual(app.received.map(({ sid }) => sid).sort(), sids.sort())
      const tokens = app.received.map(({ claims }) => claims.jti)
      assert.equal(new Set(tokens).size, tokens.length)
    }
  })
})

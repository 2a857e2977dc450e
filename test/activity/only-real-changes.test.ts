/**
 * A call that changes nothing leaves no trace, so that nobody hides what they did behind hundreds of
 * them. The tests try every operation of openapi.json that changes an account, so that new ones are
 * covered.
 */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { AppBrowser } from '../support/app-browser.ts'
import { AppClient } from '../support/app-client.ts'
import { travel } from '../support/clock.ts'
import { type ApiResponse, onEachDatabase } from '../support/latchkey.ts'
import { accountStateOf, mfaMethods, openSecondSession } from '../support/mfa.ts'
import { operations } from '../support/openapi.ts'
import {
  type accountActions,
  accountIdOf,
  actOnAccount,
  createOperator,
} from '../support/operator.ts'
import type { Method, Owner } from '../support/owner.ts'
import { openPasswordOnlySession } from '../support/password-only-session.ts'
import { assertStatus } from '../support/responses.ts'
import { SoftwareAuthenticator } from '../support/software-authenticator.ts'

type Call = () => Promise<ApiResponse>

/** The operations of which every call is a change, and why. */
const alwaysChange: Record<string, string> = {
  generateRecoveryCodes: 'gives out ten new codes',
  requirePasswordResetOfUser: 'mails the owner another code',
  invite: 'mails another link, and ends the one before',
  revokeInvitation: 'finds each invitation once',
}

/** The status of a call that repeats one, if it is not the first call’s. */
const secondStatus: Record<string, number> = {
  deleteAccount: 401,
  endSession: 404,
  removeAccountApp: 404,
  revokeTrustedDevice: 404,
  addPasskey: 401,
  removePasskey: 404,
}

/** The operations after which an owner lacks what another one needs. */
const takesAway = /^(delete|end|remove|revoke|suspend|turnOff|unsuspend)/

onEachDatabase(
  (latchkey) => {
    /** The traces of a change: rows, the raised version, ended sessions, events and notices. */
    async function traceOf(ada: Owner) {
      const { account, activity, sessions, passkeys, recoveryCodes, messages } =
        await accountStateOf(latchkey, ada)
      const rowsOf = (table: string, columns: string) =>
        latchkey.sql(
          `select ${columns} from ${table} where account_id = '${account[0].id}' order by id`,
        )
      return {
        ...{ account, activity, recoveryCodes },
        sessions: sessions.map(({ id, ended_at }) => ({ id, ended_at })),
        passkeys: passkeys.map(({ id, name, removed_at }) => ({ id, name, removed_at })),
        notices: messages.filter(({ template }) => !template.endsWith('-code')),
        events: await rowsOf('webhook_event', 'id'),
        undoTokens: await rowsOf('undo_token', 'id, ended_at'),
        trust: await rowsOf('device', 'id, trusted_until'),
        profile: await latchkey.sql(`select * from profile where account_id = '${account[0].id}'`),
      }
    }

    /** An owner with every method, a passkey, a second session and a trusted device. */
    async function ownerOfEverything(): Promise<Owner> {
      const ada = await latchkey.owner({ mfaMethod: 'authenticator' })
      for (const method of ['passkey', 'sms', 'email'] as const) {
        await ada.turnOn(method, { setDefault: false })
      }
      await openPasswordOnlySession(latchkey, ada)
      await openSecondSession(latchkey, ada)
      return ada
    }

    const idOfPasskey = async (ada: Owner): Promise<string> =>
      (await ada.get('/settings/Passkeys')).body.passkeys[0].id

    /** Requests a code for an address or a number, and submits it. */
    const verify =
      (ada: Owner, path: string, [field, address]: ['email' | 'phoneNumber', string]): Call =>
      async () => {
        const confirmation = field === 'email' && { currentPassword: ada.password }
        assertStatus(await ada.post(path, { [field]: address, ...confirmation }), 202)
        const code = await latchkey.codeSentTo(address)
        return ada.post(path, { [field]: address, code })
      }

    const act =
      (action: keyof typeof accountActions) =>
      (target: Owner, operator: Owner): Call =>
      () =>
        actOnAccount(latchkey, operator, action, { target, reason: 'Called back' })

    const profileCall =
      (method: 'PATCH' | 'PUT', resource: string, body: object) =>
      async (target: Owner, operator: Owner): Promise<Call> => {
        const path = `/admin/Users/${await accountIdOf(latchkey, target)}/${resource}`
        return () => latchkey.request(method, path, { token: operator.accessToken, body })
      }

    const remove =
      (path: string) =>
      (ada: Owner): Call =>
      () =>
        ada.delete(path)

    let app: AppClient

    /** The calls of each operation, which are made twice with the same values. */
    const calls: Record<string, ((ada: Owner, operator: Owner) => Call | Promise<Call>)[]> = {
      changePassword: [
        (ada) => () =>
          ada.put('/settings/Password', {
            currentPassword: ada.password,
            newPassword: ada.password,
          }),
      ],
      changeEmail: [(ada) => verify(ada, '/settings/Email', ['email', ada.email])],
      changeProfile: [
        (ada) => () =>
          latchkey.request('PATCH', '/settings/Profile', {
            token: ada.accessToken,
            body: { name: 'Ada', picture: 'https://pictures.example.com/ada.png' },
          }),
      ],
      changeProfileOfUser: [
        profileCall('PATCH', 'Profile', { name: 'Ada Lovelace', preferredUsername: 'ada' }),
      ],
      setGroupsOfUser: [profileCall('PUT', 'Groups', { groups: ['staff', 'berlin'] })],
      changeLanguage: ['en', 'de'].map(
        (language) => (ada) => () => ada.put('/settings/Language', { language }),
      ),
      deleteAccount: [
        (ada) => () => ada.delete('/settings/Account', { body: { password: ada.password } }),
      ],
      endOtherSessions: [remove('/settings/Sessions')],
      endSession: [
        async (ada) => {
          const { sessions } = (await ada.get('/settings/Sessions')).body
          const { id } = sessions.find(({ current }: { current: boolean }) => !current)
          return () => ada.delete(`/settings/Sessions/${id}`)
        },
      ],
      removeAccountApp: [
        async (ada) => {
          const browser = new AppBrowser(latchkey)
          await browser.signIn(ada)
          await app.signIn(browser)
          return () => ada.delete('/settings/Apps/app')
        },
      ],
      revokeAllTrustedDevices: [remove('/settings/TrustedDevices')],
      revokeTrustedDevice: [
        async (ada) => {
          const { trustedDevices } = (await ada.get('/settings/TrustedDevices')).body
          return () => ada.delete(`/settings/TrustedDevices/${trustedDevices[0].id}`)
        },
      ],
      turnOnMfa: mfaMethods.flatMap((method: Method) => [
        // The default method again, and another one that is proven again.
        (ada) => async () => {
          const { mfaMethod } = (await ada.get('/settings/MfaSignIn')).body
          if (mfaMethod !== method) await ada.turnOn(method)
          return ada.post('/settings/MfaSignIn', { mfaMethod: method })
        },
        async (ada) => {
          if (method !== 'authenticator') await ada.turnOn('authenticator')
          return () => ada.turnOn(method, { setDefault: false })
        },
      ]),
      turnOffMfa: [remove('/settings/MfaSignIn')],
      removeMfaEmail: [remove('/settings/MfaEmail')],
      createMfaSecret: [(ada) => () => ada.post('/settings/MfaSecret')],
      removeMfaSecret: [remove('/settings/MfaSecret')],
      startPasskeyRegistration: [(ada) => () => ada.startPasskeyRegistration()],
      addPasskey: [
        async (ada) => {
          const { options } = assertStatus(await ada.startPasskeyRegistration(), 200).body
          const response = new SoftwareAuthenticator(latchkey.origin).create(options)
          return () => ada.post('/settings/Passkeys/Verify', { response })
        },
      ],
      renamePasskey: [
        async (ada) => {
          const path = `/settings/Passkeys/${await idOfPasskey(ada)}`
          const call = { token: ada.accessToken, body: { name: 'My phone' } }
          return () => latchkey.request('PATCH', path, call)
        },
      ],
      removePasskey: [
        async (ada) => {
          const path = `/settings/Passkeys/${await idOfPasskey(ada)}`
          return () => ada.delete(path)
        },
      ],
      changePhoneNumber: [
        (ada) => verify(ada, '/settings/PhoneNumber', ['phoneNumber', ada.phoneNumber]),
      ],
      removePhoneNumber: [remove('/settings/PhoneNumber')],
      turnOffMfaOfUser: [act('mfaOff')],
      endSessionsOfUser: [act('endSessions')],
      suspendUser: [act('suspend')],
      unsuspendUser: [
        async (ada, operator) => {
          await act('suspend')(ada, operator)()
          return act('unsuspend')(ada, operator)
        },
      ],
    }

    test('a call that changes nothing records nothing, notifies nobody and ends no session', async (t) => {
      app = await AppClient.register(t, latchkey, 'app', '--trusted')
      const [shared, operator] = [await ownerOfEverything(), await createOperator(latchkey)]
      for (const [operationId, variants] of Object.entries(calls)) {
        for (const [index, prepare] of variants.entries()) {
          const ada = takesAway.test(operationId) ? await ownerOfEverything() : shared
          const call = await prepare(ada, operator)
          const first = await call()
          const before = await traceOf(ada)
          travel(31_000)
          const second = await call()
          const name = `${operationId}, call ${index}`
          assert.equal(second.status, secondStatus[operationId] ?? first.status, name)
          assert.deepEqual(await traceOf(ada), before, name)
        }
      }
    })

    test('every operation that changes an account is tried, or says why each call is a change', async () => {
      const all = (await operations(latchkey)).filter(
        ({ method, path }) => method !== 'GET' && /^\/(settings|admin)\//.test(path),
      )
      const tried = [...Object.keys(calls), ...Object.keys(alwaysChange)]
      assert.deepEqual(all.map(({ operationId }) => operationId).sort(), tried.sort())

      const [ada, operator] = [await ownerOfEverything(), await createOperator(latchkey)]
      const generate = () => ada.post('/settings/RecoveryCodes')
      for (const call of [generate, generate, act('newPassword')(ada, operator)]) {
        const before = await traceOf(ada)
        assertStatus(await call(), 200)
        assert.equal((await traceOf(ada)).activity.length, before.activity.length + 1)
      }
    })

    test('three hundred real changes leave every security-relevant entry in the activity', async () => {
      const ada = await latchkey.owner({ mfaMethod: 'email' })
      assertStatus(await ada.delete('/settings/MfaSignIn'), 200)
      for (let index = 0; index < 300; index++) {
        await ada.put('/settings/Language', { language: index % 2 === 0 ? 'de' : 'en' })
      }
      const types: string[] = []
      for (let cursor: string | null = ''; cursor !== null; ) {
        const query: string = cursor && `&cursor=${cursor}`
        const { body } = await ada.get(`/settings/Activity?limit=100${query}`)
        types.push(...body.activity.map(({ type }: { type: string }) => type))
        cursor = body.nextCursor
      }
      assert.deepEqual(types.filter((type) => type !== 'language.changed').toReversed(), [
        ...['account.created', 'signin.succeeded', 'mfa.on', 'recovery_codes.generated', 'mfa.off'],
      ])
    })
  },
  {
    // No receiver listens, so the events wait.
    LATCHKEY_WEBHOOK_URL: `http://127.0.0.1:9/?secret=whsec_${'A'.repeat(32)}`,
    LATCHKEY_RATE_LIMITS: 'off',
    LATCHKEY_ACCESS_TOKEN_TTL: '3600',
    LATCHKEY_STEP_UP_MAX_AGE: '0',
  },
)

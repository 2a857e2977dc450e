/** The counters match what happened, and identify nobody. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { type ApiResponse, onDatabase, onEachDatabase, TestLatchkey } from '../support/latchkey.ts'
import { increases, scrape, scrapeText } from '../support/metrics.ts'
import { waitUntil } from '../support/process.ts'
import { assertStatus } from '../support/responses.ts'
import { findFreePort } from '../support/tcp.ts'
import { generateWebhookSecret } from '../support/webhook-receiver.ts'

onEachDatabase((latchkey) => {
  /** The increases of a metric during `work`. */
  async function countIncreases(metric: string, work: () => Promise<unknown>) {
    const before = await scrape(latchkey.origin)
    await work()
    return increases(before, await scrape(latchkey.origin), metric)
  }

  test('sign-ins are counted by method and result', async () => {
    const ada = await latchkey.owner({ mfaMethod: 'authenticator' })
    const wrong = { email: ada.email, password: 'not this one' }
    const grown = await countIncreases('latchkey_sign_ins_total', async () => {
      await latchkey.post('/auth/SignIn', wrong)
      await latchkey.post('/auth/SignIn', { ...wrong, email: 'nobody@example.com' })
      const { mfaToken } = (await ada.signIn()).body
      await latchkey.post('/auth/SignIn/Mfa', { mfaToken, code: 'x' })
      await ada.signInFully()
      const code = ada.recoveryCodes[0]
      const { body } = await ada.signIn()
      const remembered = await latchkey.post('/auth/SignIn/Mfa', {
        mfaToken: body.mfaToken,
        mfaMethod: 'recoveryCode',
        code,
        rememberDevice: true,
      })
      const { deviceToken } = remembered.body
      const { email, password } = ada
      await latchkey.post('/auth/SignIn', { email, password, deviceToken })
    })
    assert.deepEqual(grown, {
      '{method="password",result="wrong"}': 2,
      '{method="password",result="mfaRequired"}': 3,
      '{method="authenticator",result="wrong"}': 1,
      '{method="authenticator",result="signedIn"}': 1,
      '{method="recoveryCode",result="signedIn"}': 1,
      '{method="trustedDevice",result="signedIn"}': 1,
    })
  })

  test('sign-ins by passkey and by password alone are counted by their methods', async () => {
    const [ada, bob] = [await latchkey.owner({ mfaMethod: 'passkey' }), await latchkey.owner()]
    const grown = await countIncreases('latchkey_sign_ins_total', async () => {
      await ada.signInFully()
      await bob.signInFully()
    })
    assert.deepEqual(grown, {
      '{method="password",result="signedIn"}': 1,
      '{method="password",result="mfaRequired"}': 1,
      '{method="passkey",result="signedIn"}': 1,
    })
  })

  test('guesses stopped by a rate limit are counted as limited', async () => {
    const ada = await latchkey.owner({ mfaMethod: 'authenticator' })
    const grown = await countIncreases('latchkey_sign_ins_total', async () => {
      for (let round = 0; round < 5; round += 1) {
        const { mfaToken } = (await ada.signIn()).body
        for (let guess = 0; guess < 5; guess += 1) {
          await latchkey.post('/auth/SignIn/Mfa', { mfaToken, code: 'x' })
        }
      }
      const { email } = ada
      for (let guess = 0; guess < 12; guess += 1) {
        await latchkey.post('/auth/SignIn', { email, password: 'wrong' })
      }
    })
    assert.equal(grown['{method="authenticator",result="wrong"}'], 20)
    assert.equal(grown['{method="authenticator",result="limited"}'], 5)
    assert.equal(grown['{method="password",result="limited"}'], 2)
  })

  test('of thirty guesses at once, the ten that a limit takes cost a hash, and the others are counted as limited', async () => {
    const ada = await latchkey.owner()
    const hashes = async () =>
      (await scrape(latchkey.origin)).get('latchkey_password_hash_duration_seconds_count') ?? 0
    const guesses = {
      signIn: () => latchkey.post('/auth/SignIn', { email: ada.email, password: 'a guess' }),
      confirm: () => ada.post('/settings/Passkeys', { currentPassword: 'a guess' }),
    }
    for (const [name, guess] of Object.entries(guesses)) {
      const before = await hashes()
      const grown = await countIncreases('latchkey_sign_ins_total', () =>
        Promise.all(Array.from({ length: 30 }, guess)),
      )
      assert.deepEqual(
        grown,
        {
          '{method="password",result="wrong"}': 10,
          '{method="password",result="limited"}': 20,
        },
        name,
      )
      assert.equal((await hashes()) - before, 10, name)
    }
  })

  test('turning MFA on and off is counted by method, once for concurrent requests', async () => {
    const ada = await latchkey.owner()
    const on = await countIncreases('latchkey_mfa_turned_on_total', () => ada.turnOn('email'))
    assert.deepEqual(on, { '{method="email"}': 1 })
    const off = await countIncreases('latchkey_mfa_turned_off_total', () =>
      Promise.all(Array.from({ length: 10 }, () => ada.delete('/settings/MfaSignIn'))),
    )
    assert.deepEqual(off, { '{method="email"}': 1 })
  })

  test('a password, right or wrong, is verified with one commit', async () => {
    const ada = await latchkey.owner()
    await ada.signIn()
    const countCommits = async (work: () => Promise<ApiResponse>) => {
      const metric = 'latchkey_database_statement_duration_seconds_count'
      return (await countIncreases(metric, work))['{kind="commit"}']
    }
    for (const password of [ada.password, 'not this one']) {
      const signIn = () => latchkey.post('/auth/SignIn', { email: ada.email, password })
      assert.equal(await countCommits(signIn), 1)
    }
    const confirm = (currentPassword: string) =>
      countCommits(() => ada.post('/settings/Passkeys', { currentPassword }))
    assert.equal(await confirm('not this one'), 1)
    // The other one is that of the call itself.
    assert.equal(await confirm(ada.password), 2)
  })

  test('a change that is rolled back is not counted', async () => {
    const ada = await latchkey.owner({ mfaMethod: 'authenticator' })
    const table = 'outbox'
    await latchkey.sql(`alter table ${table} rename to away`)
    const off = await countIncreases('latchkey_activity_total', async () => {
      const { status } = await ada.delete('/settings/MfaSignIn')
      assert.ok(status >= 500, String(status))
    })
    await latchkey.sql(`alter table away rename to ${table}`)
    assert.deepEqual(off, {})
    assert.deepEqual(
      await countIncreases('latchkey_activity_total', () => ada.delete('/settings/MfaSignIn')),
      { '{type="mfa.off"}': 1 },
    )
  })

  test('a scrape without an answer from the database has all other metrics', async () => {
    await latchkey.sql('alter table outbox rename to away')
    const broken = await scrape(latchkey.origin)
    await latchkey.sql('alter table away rename to outbox')
    assert.equal(broken.get('latchkey_database_up'), 0)
    assert.equal(broken.has('latchkey_delivery_queue{channel="email"}'), false)
    assert.equal(broken.get('latchkey_sms_daily_cap'), 1000)
    const whole = await scrape(latchkey.origin)
    assert.equal(whole.get('latchkey_database_up'), 1)
    assert.ok(whole.has('latchkey_delivery_queue{channel="email"}'))
    assert.equal(whole.get('latchkey_database_connections{state="waiting"}'), 0)
  })

  test('codes are counted by channel and purpose, and texts count towards the cap', async () => {
    const ada = await latchkey.owner()
    const before = await scrape(latchkey.origin)
    await ada.turnOn('sms')
    await ada.signIn()
    const after = await scrape(latchkey.origin)
    assert.deepEqual(increases(before, after, 'latchkey_codes_enqueued_total'), {
      '{channel="sms",purpose="set-up-code"}': 1,
      '{channel="sms",purpose="sign-in-code"}': 1,
    })
    const increase = (name: string) => (after.get(name) ?? 0) - (before.get(name) ?? 0)
    assert.equal(increase('latchkey_sms_last_24h'), 2)
    assert.equal(increase('latchkey_sms_to_unverified_last_24h'), 1)
  })

  test('a notice to another mailbox, which has no link, is not counted as a code', async () => {
    const ada = await latchkey.owner()
    const request = { mfaMethod: 'email', email: `second-${ada.email}` }
    assertStatus(await ada.post('/settings/MfaSignIn', request), 202)
    const code = await latchkey.codeSentTo(request.email)
    assertStatus(await ada.post('/settings/MfaSignIn', { ...request, code }), 200)
    const before = await scrape(latchkey.origin)
    await ada.changePassword('another sentence of the owner')
    const after = await scrape(latchkey.origin)
    assert.deepEqual(increases(before, after, 'latchkey_codes_enqueued_total'), {})
  })
})

onDatabase('SQLite', (latchkey) => {
  test('requests are counted by route pattern, and no label contains request data', async () => {
    const ada = await latchkey.owner({ mfaMethod: 'sms' })
    const id = crypto.randomUUID()
    const before = await scrape(latchkey.origin)
    await latchkey.get(`/no/such/${ada.email}?token=${id}`)
    await latchkey.get('/none/such')
    await ada.delete(`/settings/Passkeys/${id}`)
    await fetch(`${latchkey.origin}/settings/Sessions`, { method: 'PROPFIND' })
    const text = await scrapeText(latchkey.origin)

    const grown = increases(before, await scrape(latchkey.origin), 'latchkey_http_requests_total')
    assert.equal(grown['{route="unknown",method="GET",status="404"}'], 2)
    assert.equal(grown['{route="/settings/Passkeys/:id",method="DELETE",status="404"}'], 1)
    for (const secret of [
      id,
      ada.email,
      ada.phoneNumber,
      ada.password,
      ada.accessToken,
      ada.refreshToken,
    ]) {
      assert.ok(!text.includes(secret), 'a scrape contains personal data')
    }
    assert.doesNotMatch(text, /@|\+[0-9]{4}|[0-9a-f]{8}-[0-9a-f]{4}|127\.0\.0\.1/)
  })
})

test('unsent messages are counted and appear as waiting in the outbox', async (t) => {
  const latchkey = new TestLatchkey('SQLite', {
    LATCHKEY_SMTP_URL: `smtp://127.0.0.1:${await findFreePort()}`,
    LATCHKEY_MAIL_FROM: 'Example <no-reply@example.com>',
    LATCHKEY_WEBHOOK_URL: `http://localhost:${await findFreePort()}/?secret=${generateWebhookSecret()}`,
  })
  await latchkey.start()
  t.after(() => latchkey.stop())
  await latchkey.post('/auth/SignIn', { email: 'nobody@example.com', password: 'a wrong guess' })
  const { status } = await latchkey.post('/auth/SignUp', {
    email: 'ada@example.com',
    password: 'a long sentence of hers',
  })
  assert.equal(status, 202)
  const scraped = await waitUntil(async () => {
    const now = await scrape(latchkey.origin)
    return now.get('latchkey_delivery_attempts_total{channel="email",outcome="retry"}')
      ? now
      : undefined
  })
  assert.equal(scraped.get('latchkey_delivery_queue{channel="email"}'), 1)
  assert.equal(scraped.get('latchkey_delivery_queue{channel="webhook"}'), 1)
  assert.ok((scraped.get('latchkey_delivery_queue_oldest_seconds{channel="email"}') ?? 0) > 0)
  assert.equal(scraped.get('latchkey_delivery_attempts_total{channel="email",outcome="sent"}'), 0)
})

test('two services in one process count their own requests, and both report the process', async (t) => {
  const [one, other] = [new TestLatchkey('SQLite'), new TestLatchkey('SQLite')]
  for (const latchkey of [one, other]) {
    await latchkey.start()
    t.after(() => latchkey.stop())
  }
  const live = 'latchkey_http_requests_total{route="/health/live",method="GET",status="200"}'
  const before = await scrape(other.origin)
  await one.get('/health/live')
  const [ofOne, ofOther] = [await scrape(one.origin), await scrape(other.origin)]
  assert.ok((ofOne.get(live) ?? 0) > 0)
  assert.equal(ofOther.get(live), before.get(live))
  for (const scraped of [ofOne, ofOther]) {
    assert.ok((scraped.get('process_resident_memory_bytes') ?? 0) > 0)
    assert.ok(scraped.has('nodejs_eventloop_lag_p99_seconds'))
  }
})

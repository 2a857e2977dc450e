/** Notices of one kind in quick succession: the fourth and those after it are sent as one message. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { travel } from '../support/clock.ts'
import { type Message, onEachDatabase, type TestLatchkey } from '../support/latchkey.ts'
import { scrape } from '../support/metrics.ts'
import { endDigestWaits } from '../support/outbox.ts'
import type { Owner } from '../support/owner.ts'
import { assertBody, assertSignedIn, assertStatus } from '../support/responses.ts'
import { undoTokenSentTo } from '../support/undo-token.ts'

const minute = 60_000
const kind = /new recovery codes/

onEachDatabase((latchkey) => {
  const signUp = () => latchkey.owner({ mfaMethod: 'authenticator' })

  test('a digest that waits is no delayed delivery', async () => {
    const before = await scrape(latchkey.origin)
    const ada = await signUp()
    for (let i = 0; i < 5; i++) await generate(ada)
    await latchkey.inbox(ada.email)
    const waiting = await scrape(latchkey.origin)
    assert.equal(waiting.get('latchkey_delivery_queue{channel="email"}'), 0)
    assert.equal(waiting.get('latchkey_delivery_queue_oldest_seconds{channel="email"}'), 0)
    assert.equal(before.get('latchkey_delivery_queue{channel="email"}'), 0)
  })

  // Abuse case (MFA changed by an attacker): A script repeated one change until its owner no longer
  // read the notices.
  test('the owner gets three notices of a kind within ten minutes, and one of all that follow', async () => {
    const ada = await signUp()
    for (let i = 0; i < 40; i++) {
      await generate(ada)
      if (i % 5 === 0) travel(minute / 2)
    }
    assert.deepEqual(
      await subjectsTo(latchkey, ada.email),
      times(3, 'You have new recovery codes for Latchkey'),
    )

    await endDigestWaits(latchkey)
    const [digest, ...others] = await noticesTo(latchkey, ada.email)
    assert.equal(others.length, 3)
    assert.equal(digest?.subject, 'You have new recovery codes for Latchkey (37 times)')
    assert.match(digest.text, /^This happened 37 times within a few minutes/)
    const listed = digest.text.match(/were created on \d+ \w+ \d{4} at \d\d:\d\d \(UTC\)/g) ?? []
    assert.ok(listed.length >= 3, digest.text)
    assert.equal(new Set(listed).size, listed.length)
    assert.match(digest.text, /This list is shortened/)
  })

  test('the link of a digest leads back to the state before its first notice', async () => {
    const ada = await signUp()
    const codes = []
    for (let i = 0; i < 8; i++) codes.push((await generate(ada)).body.recoveryCodes)
    await endDigestWaits(latchkey)
    const token = await undoTokenSentTo(latchkey, ada.email, /\(5 times\)/)
    await undoAndReset(latchkey, ada, token)

    const attempt = async (code: string) => {
      const { mfaToken } = (await ada.signIn()).body
      return latchkey.post('/auth/SignIn/Mfa', { mfaToken, mfaMethod: 'recoveryCode', code })
    }
    assertBody(await attempt(codes[3][0]), 401, { code: 'invalid_code' })
    assertSignedIn(await attempt(codes[2][0]))
  })

  test('no notice is dropped, however changes, deliveries and nodes overlap', async () => {
    const ada = await signUp()
    const node = await latchkey.secondNode()
    for (let round = 0; round < 4; round++) {
      await Promise.all([
        ...times(6, 0).map(() => generate(ada)),
        ...times(6, 0).map(() => ada.post('/settings/RecoveryCodes', undefined, { node })),
        makeDigestsDue(latchkey),
      ])
    }
    await node.stop()
    await makeDigestsDue(latchkey)
    const reported = (await subjectsTo(latchkey, ada.email)).map((subject) =>
      Number(/\((\d+) times\)/.exec(subject)?.[1] ?? 1),
    )
    assert.equal(
      reported.reduce((sum, count) => sum + count),
      48,
    )
    assert.ok(reported.length < 48)
  })

  test('ten minutes after the last of many, a notice is sent at once', async () => {
    const ada = await signUp()
    for (let i = 0; i < 6; i++) await generate(ada)
    await endDigestWaits(latchkey)
    assert.equal((await noticesTo(latchkey, ada.email)).length, 4)
    travel(minute)
    await ada.signInFully()
    await generate(ada)
    assert.equal((await noticesTo(latchkey, ada.email)).length, 5)
  })

  test('after a digest was sent, notices of a change that goes on join the next one', async () => {
    const ada = await signUp()
    for (let i = 0; i < 4; i++) await generate(ada)
    travel(9 * minute)
    await ada.signInFully()
    for (let i = 0; i < 3; i++) await generate(ada)
    await makeDigestsDue(latchkey)
    assert.equal((await noticesTo(latchkey, ada.email)).length, 4)
    travel(2 * minute)
    for (let i = 0; i < 2; i++) await generate(ada)
    assert.equal((await noticesTo(latchkey, ada.email)).length, 4)
    await makeDigestsDue(latchkey)
    assert.match((await noticesTo(latchkey, ada.email))[0]?.subject ?? '', /\(2 times\)/)
  })

  test('a digest that a node is sending takes no more notices', async () => {
    const ada = await signUp()
    for (let i = 0; i < 5; i++) await generate(ada)
    await latchkey.sql(
      `update outbox set attempts = 1 where waits_until is not null and sent_at is null`,
    )
    const claimed = await waitingRows(latchkey, ada)
    for (let i = 0; i < 2; i++) await generate(ada)
    const rows = await waitingRows(latchkey, ada)
    assert.deepEqual(rows[0], claimed[0])
    assert.equal(rows.length, 2)
    assert.equal(JSON.parse(rows[1].digest).count, 1)
  })

  test('notices of other kinds and codes are not delayed, nor those to other owners', async () => {
    const [ada, bob] = [await signUp(), await signUp()]
    for (let i = 0; i < 5; i++) await generate(ada)
    await ada.changePassword('a whole new sentence')
    assert.match((await latchkey.inbox(ada.email))[0]?.subject ?? '', /password .* was changed/)
    for (let i = 0; i < 5; i++) await latchkey.post('/auth/ForgotPassword', { email: ada.email })
    const codes = (await latchkey.inbox(ada.email)).filter(({ text }) => /^\d{6}\n/.test(text))
    assert.equal(codes.length, 5 + 1, 'with the one of the sign-up')
    await generate(bob)
    assert.equal((await noticesTo(latchkey, bob.email)).length, 1)
  })

  test('an address that gets no links gets a digest, too, and learns where the link is', async () => {
    const ada = await signUp()
    const second = `second-${ada.email}`
    const setUp = { mfaMethod: 'email', email: second, setDefault: false }
    assertStatus(await ada.post('/settings/MfaSignIn', setUp), 202)
    const code = await latchkey.codeSentTo(second)
    assertStatus(await ada.post('/settings/MfaSignIn', { ...setUp, code }), 200)
    for (let i = 0; i < 6; i++) await generate(ada)
    await endDigestWaits(latchkey)
    const [digest] = await noticesTo(latchkey, second)
    assert.match(digest?.subject ?? '', /\(3 times\)/)
    assert.match(digest?.text ?? '', /with the link in the message to your account’s own address/)
    assert.doesNotMatch(digest?.text ?? '', /#token=/)
  })

  test('an undo sends the digest, and later changes get a link that works', async () => {
    const ada = await signUp()
    await generate(ada)
    const first = await undoTokenSentTo(latchkey, ada.email, kind)
    for (let i = 0; i < 4; i++) await generate(ada)
    await undoAndReset(latchkey, ada, first)
    assert.equal((await noticesTo(latchkey, ada.email)).length, 4)

    await ada.signInFully()
    for (let i = 0; i < 3; i++) await generate(ada)
    await endDigestWaits(latchkey)
    await undoAndReset(latchkey, ada, await undoTokenSentTo(latchkey, ada.email, /\(3 times\)/))
  })
})

const times = <Value>(count: number, value: Value) => Array<Value>(count).fill(value)

/** Generates recovery codes, which notifies the owner. */
async function generate(owner: Owner) {
  return assertStatus(await owner.post('/settings/RecoveryCodes'), 200)
}

/** The notices of new recovery codes, newest first. */
async function noticesTo(latchkey: TestLatchkey, email: string): Promise<Message[]> {
  return (await latchkey.inbox(email)).filter(({ subject }) => kind.test(subject))
}

async function subjectsTo(latchkey: TestLatchkey, email: string): Promise<string[]> {
  return (await noticesTo(latchkey, email)).map(({ subject }) => subject)
}

/** Ends the wait of every digest now. Only SQLite’s clock travels. */
async function makeDigestsDue(latchkey: TestLatchkey): Promise<void> {
  const databaseNow =
    latchkey.databaseKind === 'SQLite' ? Date.now() : 'extract(epoch from clock_timestamp()) * 1000'
  await latchkey.sql(
    `update outbox set waits_until = ${databaseNow}, next_attempt_at = ${databaseNow}
     where waits_until is not null and attempts = 0`,
  )
}

function waitingRows(latchkey: TestLatchkey, { email }: Owner) {
  return latchkey.sql(
    `select * from outbox where recipient = '${email}' and waits_until is not null order by id`,
  )
}

async function undoAndReset(latchkey: TestLatchkey, owner: Owner, token: string): Promise<void> {
  const { resetToken } = assertStatus(await latchkey.post('/auth/Undo', { token }), 200).body
  const newPassword = `${owner.password} again`
  assertStatus(await latchkey.post('/auth/ResetPassword', { resetToken, newPassword }), 200)
  owner.password = newPassword
}

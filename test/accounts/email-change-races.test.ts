/** An address belongs to one account, even if several requests claim it concurrently. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { sql } from 'kysely'
import { openDatabase } from '../../src/store/open.ts'
import { travel } from '../support/clock.ts'
import { onEachDatabase } from '../support/latchkey.ts'
import type { Owner } from '../support/owner.ts'
import { waitUntil } from '../support/process.ts'
import { startSignUp } from '../support/sign-up.ts'
import { undoTokenSentTo } from '../support/undo-token.ts'

onEachDatabase((latchkey) => {
  /** Requests a code for an address. @returns a function that submits it */
  async function startChange(owner: Owner, email: string) {
    assert.equal((await owner.startEmailChange(email)).status, 202)
    const code = await latchkey.codeSentTo(email)
    return () => owner.post('/settings/Email', { email, code })
  }
  let serial = 0
  const address = () => `wanted-${latchkey.databaseKind}-${serial++}@example.com`.toLowerCase()
  const accountsAt = async (email: string) =>
    Number(
      (await latchkey.sql(`select count(*) as n from account where email_key = '${email}'`))[0].n,
    )

  // Abuse case (MFA changed by an attacker): Of several accounts that
  // changed to one address concurrently, two got it.
  test('of several accounts that change to one address concurrently, one succeeds', async () => {
    for (let round = 0; round < 3; round += 1) {
      const email = address()
      const owners = await Promise.all(Array.from({ length: 6 }, () => latchkey.owner()))
      const ready = []
      for (const owner of owners) ready.push(await startChange(owner, email))
      const answers = await Promise.all(ready.map((submit) => submit()))
      const statuses = answers.map(({ status }) => status).sort()
      assert.deepEqual(statuses, [200, 409, 409, 409, 409, 409])
      assert.equal(await accountsAt(email), 1)
    }
  })

  test('a concurrent sign-up and email change for one address produce one account with it', async () => {
    for (let round = 0; round < 4; round += 1) {
      const email = address()
      const ada = await latchkey.owner()
      const proof = await startSignUp(latchkey, { email, password: 'a sentence of somebody' })
      const move = await startChange(ada, email)
      const [moved, signedUp] = await Promise.all([
        move(),
        latchkey.post('/auth/SignUp/Verify', proof),
      ])
      const won = [moved.status === 200, signedUp.status === 201].filter(Boolean)
      assert.equal(won.length, 1, `${moved.status} ${signedUp.status}`)
      assert.ok([200, 409].includes(moved.status) && [201, 401].includes(signedUp.status))
      assert.equal(await accountsAt(email), 1)
    }
  })

  test('an address given up while others try to take it stays reserved for its owner’s undo', async () => {
    for (let round = 0; round < 6; round += 1) {
      const ada = await latchkey.owner()
      const eve = await latchkey.owner()
      const oldEmail = ada.email
      const leave = await startChange(ada, address())
      const take = await startChange(eve, oldEmail)
      const taking = round % 2 === 0 ? take() : undefined
      const changing = leave()
      const [changed, rejected] = await Promise.all([changing, taking ?? take()])
      assert.equal(changed.status, 200)
      assert.equal(rejected.status, 409)
      const token = await undoTokenSentTo(latchkey, oldEmail, /email address/)

      // A refused request consumes nothing.
      const [undone, late] = await Promise.all([latchkey.post('/auth/Undo', { token }), take()])
      assert.equal(undone.status, 200)
      assert.equal(late.status, 409)
      assert.equal(await accountsAt(oldEmail), 1)
    }
  })

  test('an earlier sign-up cannot claim an address while its account is changing to another', async () => {
    const ada = await latchkey.owner()
    const email = address()
    const proof = await startSignUp(latchkey, { email, password: 'a sentence of somebody' })
    travel(1000)
    assert.equal((await (await startChange(ada, email))()).status, 200)
    const leave = await startChange(ada, address())
    const signUp = () => latchkey.post('/auth/SignUp/Verify', proof)
    const [changed, signedUp] = await interleave(leave, signUp)
    assert.equal(changed.status, 200)
    assert.equal(signedUp.status, 401)
    assert.equal(await accountsAt(email), 0)
  })

  /**
   * Runs two calls concurrently. On PostgreSQL both wait for a lock on `outbox`, the first one at
   * its last statement, before either continues.
   */
  async function interleave<Result>(first: () => Promise<Result>, second: () => Promise<Result>) {
    if (latchkey.databaseKind === 'SQLite') return Promise.all([first(), second()])
    const db = openDatabase(latchkey.environment.LATCHKEY_DATABASE_URL ?? '')
    const waiting = (many: number) =>
      waitUntil(async () => {
        const { rows } = await sql`select 1 from pg_locks where not granted`.execute(db)
        return rows.length >= many
      })
    try {
      return await db
        .transaction()
        .execute(async (tx) => {
          await sql`lock table outbox in exclusive mode`.execute(tx)
          const one = first()
          await waiting(1)
          const other = second()
          await waiting(2)
          return [one, other] as const
        })
        .then((both) => Promise.all(both))
    } finally {
      await db.destroy()
    }
  }

  test('two accounts that try to swap addresses concurrently do not deadlock', async () => {
    for (let round = 0; round < 4; round += 1) {
      const [ada, ben] = [await latchkey.owner(), await latchkey.owner()]
      const swaps = [await startChange(ada, ben.email), await startChange(ben, ada.email)]
      const answers = await Promise.all(swaps.map((swap) => swap()))
      assert.deepEqual(
        answers.map(({ status }) => status),
        [409, 409],
      )
    }
  })

  test('POST Email does not reveal whether an address has an account before its mailbox is verified', async () => {
    const [ada, eve] = [await latchkey.owner(), await latchkey.owner()]
    const deleted = await latchkey.owner()
    await deleted.delete('/settings/Account', { body: { password: deleted.password } })
    const outcomes = []
    for (const email of [ada.email, deleted.email, address()]) {
      const started = await eve.startEmailChange(email)
      const rightCode = await latchkey.codeSentTo(email)
      const code = rightCode === '000000' ? '000001' : '000000'
      const wrong = await eve.post('/settings/Email', { email, code })
      const { sentTo: _, ...rest } = started.body
      outcomes.push({ started: started.status, rest, wrong: wrong.status, code: wrong.body.code })
    }
    assert.deepEqual(outcomes[0], outcomes[2])
    assert.deepEqual(outcomes[1], outcomes[2])
  })

  // Abuse case (MFA changed by an attacker): Someone else signed up with an
  // address that its former owner could still restore by an undo.
  test('a reserved address cannot sign up, and the responses do not reveal that it is reserved', async () => {
    const ada = await latchkey.owner()
    await ada.delete('/settings/Account', { body: { password: ada.password } })
    const signUp = (email: string) =>
      latchkey.post('/auth/SignUp', { email, password: 'a sentence of somebody' })
    const [reserved, free] = [await signUp(ada.email), await signUp(address())]
    assert.equal(reserved.status, free.status)
    assert.deepEqual(Object.keys(reserved.body), Object.keys(free.body))
    const known = await latchkey.post('/auth/ForgotPassword', { email: ada.email })
    const unknown = await latchkey.post('/auth/ForgotPassword', { email: address() })
    assert.deepEqual([known.status, known.body], [unknown.status, unknown.body])
    for (const { text } of (await latchkey.inbox(ada.email)).slice(0, 2)) {
      assert.doesNotMatch(text, /\b[0-9]{6}\b/)
    }
  })
})

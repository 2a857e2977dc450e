/** All sub-addresses of a mailbox (`victim+1@…`, `victim+2@…`) get at most as many emails as one address. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { travel } from '../support/clock.ts'
import { onEachDatabase, type TestLatchkey } from '../support/latchkey.ts'
import { type Operation, operations } from '../support/openapi.ts'
import type { Owner } from '../support/owner.ts'
import { assertProblem } from '../support/responses.ts'

/** Longer than the pause between two codes to one address. */
const pause = 31_000

/** The other fields of each call whose body has an email address. */
const otherFields: Record<string, (stranger: Owner | undefined) => object> = {
  signUp: () => ({ password: 'what a stranger chose' }),
  signIn: () => ({ password: 'what a stranger guesses' }),
  forgotPassword: () => ({}),
  resetPassword: () => ({ code: '123456', newPassword: 'what a stranger chose' }),
  changeEmail: (stranger) => ({ currentPassword: stranger?.password }),
  turnOnMfa: () => ({ mfaMethod: 'email' }),
  // Strangers may not call it. Its limit for operators is in test/admin/invitations.test.ts.
  invite: () => ({}),
}

onEachDatabase(
  (latchkey) => {
    for (const [from, networks] of Object.entries({ 'one network': 1, 'several networks': 5 })) {
      // Abuse case (Guessing): A stranger flooded a mailbox with codes to endless sub-addresses of it.
      test(`a mailbox gets no more emails from ${from} by any call, whatever follows a + in the address`, async () => {
        const sending = []
        for (const operation of await operationsWithEmail(latchkey)) {
          const { operationId, requiresToken } = operation
          const strangers: (Owner | undefined)[] = []
          for (let i = 0; i < networks; i++) {
            strangers.push(requiresToken ? await latchkey.owner() : undefined)
          }
          const name = `${operationId}-${networks}`.toLowerCase()
          for (let round = 0; round < 6; round++) {
            for (const [network, stranger] of strangers.entries()) {
              for (const email of [
                `single-${name}@example.com`,
                `Victim-${name}+${round}.${network}@example.com`,
              ]) {
                await callAs(latchkey, stranger, operation, { email, network })
              }
            }
            travel(pause)
          }
          const single = await countEmails(latchkey, `single-${name}@%`)
          const together = await countEmails(latchkey, `victim-${name}+%`)
          assert.ok(together <= single, `${operationId}: ${together} instead of ${single}`)
          if (networks > 1) assert.ok(single <= 20, `${operationId} is not limited`)
          if (single > 0) sending.push(operationId)
        }
        assert.deepEqual(sending, ['changeEmail', 'forgotPassword', 'signUp', 'turnOnMfa'])
      })
    }

    test('guesses at one address do not count against another of its mailbox', async () => {
      const name = `ada-${latchkey.databaseKind.toLowerCase()}`
      const ada = await latchkey.owner({ email: `${name}@example.com` })
      const other = await latchkey.owner({ email: `${name}+work@example.com` })
      const guess = { email: other.email, password: 'not this one' }
      for (let i = 0; i < 10; i++) await latchkey.post('/auth/SignIn', guess)
      assertProblem(await other.signIn(), 429, 'too_many_attempts')
      await ada.signInFully()
    })
  },
  { LATCHKEY_TRUST_PROXY: '127.0.0.1' },
)

/** The calls that take an email address, by name. */
async function operationsWithEmail(latchkey: TestLatchkey): Promise<Operation[]> {
  const found = (await operations(latchkey)).filter(({ body }) =>
    Object.values(body?.properties ?? {}).some((field) => JSON.stringify(field).includes('@')),
  )
  return found.sort((a, b) => (a.operationId < b.operationId ? -1 : 1))
}

async function callAs(
  latchkey: TestLatchkey,
  stranger: Owner | undefined,
  { operationId, method, path }: Operation,
  { email, network }: { email: string; network: number },
): Promise<void> {
  const fields =
    otherFields[operationId]?.(stranger) ?? assert.fail(`How is ${operationId} called?`)
  await latchkey.request(method, path, {
    body: { ...fields, email },
    headers: { 'x-forwarded-for': `198.51.100.${network}` },
    ...(stranger && { token: stranger.accessToken }),
  })
}

async function countEmails(latchkey: TestLatchkey, recipients: string): Promise<number> {
  const rows = await latchkey.sql(
    `select id from outbox where lower(recipient) like '${recipients}'`,
  )
  return rows.length
}

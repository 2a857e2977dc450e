import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { onEachDatabase } from '../support/latchkey.ts'
import type { SecondNode } from '../support/second-node.ts'
import { startSignUp } from '../support/sign-up.ts'

onEachDatabase((latchkey) => {
  let other: SecondNode | undefined
  before(async () => {
    other = await latchkey.secondNode()
  })
  after(() => other?.stop())

  /** Every second call goes to the second node. */
  const nodeFor = (i: number) => (i % 2 === 1 && other ? { node: other } : {})

  test('wrong codes are counted across all nodes', async () => {
    const ada = await latchkey.owner({ mfaMethod: 'email' })
    const tokens: string[] = []
    for (let i = 0; i < 20; i++) tokens.push((await ada.signIn(nodeFor(i))).body.mfaToken)
    const answers = await Promise.all(
      Array.from({ length: 100 }, (_, i) =>
        latchkey.post(
          '/auth/SignIn/Mfa',
          { mfaToken: tokens[Math.floor(i / 5)], code: 'wrong one' },
          nodeFor(i),
        ),
      ),
    )
    const codes = answers.map(({ body }) => body.code)
    assert.equal(codes.filter((code) => code === 'invalid_code').length, 20, String(codes))
    assert.equal(codes.filter((code) => code === 'too_many_attempts').length, 80, String(codes))
    for (const i of [0, 1]) {
      const { mfaToken } = (await ada.signIn(nodeFor(i))).body
      const code = await ada.codeFor('email')
      const right = await latchkey.post('/auth/SignIn/Mfa', { mfaToken, code }, nodeFor(i + 1))
      assert.equal(right.status, 429)
    }
  })

  test('wrong passwords are counted across all nodes', async () => {
    const { email } = await latchkey.owner()
    const answers = await Promise.all(
      Array.from({ length: 40 }, (_, i) =>
        latchkey.post('/auth/SignIn', { email, password: `guess ${i}` }, nodeFor(i)),
      ),
    )
    const statuses = answers.map(({ status }) => status)
    assert.equal(statuses.filter((status) => status === 401).length, 10, String(statuses))
    assert.equal(statuses.filter((status) => status === 429).length, 30, String(statuses))
  })

  test('a right code submitted concurrently to both nodes completes one sign-in', async () => {
    const ada = await latchkey.owner({ mfaMethod: 'email' })
    const { mfaToken } = (await ada.signIn(nodeFor(1))).body
    const code = ada.recoveryCodes[0] ?? ''
    const answers = await Promise.all(
      Array.from({ length: 40 }, (_, i) =>
        latchkey.post(
          '/auth/SignIn/Mfa',
          { mfaToken, code, mfaMethod: 'recoveryCode' },
          nodeFor(i),
        ),
      ),
    )
    const statuses = answers.map(({ status }) => status)
    assert.equal(statuses.filter((status) => status === 200).length, 1, String(statuses))
    assert.equal(statuses.filter((status) => status === 401).length, 39, String(statuses))
  })

  test('a sign-up code submitted concurrently to both nodes creates one account', async () => {
    const newcomer = { email: 'newcomer@example.com', password: 'seven red bicycles' }
    const proof = await startSignUp(latchkey, newcomer, nodeFor(1))
    const answers = await Promise.all(
      Array.from({ length: 20 }, (_, i) => latchkey.post('/auth/SignUp/Verify', proof, nodeFor(i))),
    )
    assert.equal(answers.filter(({ status }) => status === 201).length, 1)
    assert.ok(answers.every(({ status }) => [201, 401].includes(status)))
  })
})

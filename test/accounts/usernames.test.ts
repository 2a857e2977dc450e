/** Usernames: applications take them for the account, so no account gets that of another. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { runCleanUp } from '../support/clean-up.ts'
import { travel } from '../support/clock.ts'
import { type ApiResponse, onDatabase, onEachDatabase } from '../support/latchkey.ts'
import { accountIdOf, createOperator } from '../support/operator.ts'
import type { Owner } from '../support/owner.ts'
import { assertProblem, assertSignedIn, assertStatus } from '../support/responses.ts'

onEachDatabase((latchkey) => {
  let count = 0
  const newcomer = () => {
    count += 1
    return { email: `newcomer-${count}@example.com`, password: 'a sentence for newcomers' }
  }

  /** Signs up with a profile, which the service must accept. @returns the body of `Verify` */
  async function start(body: { email: string; [field: string]: unknown }) {
    const { signUpToken } = assertStatus(await latchkey.post('/auth/SignUp', body), 202).body
    return { signUpToken, code: await latchkey.codeSentTo(body.email) }
  }

  async function profileOf(verified: ApiResponse) {
    const { accessToken } = assertSignedIn(verified)
    return (await latchkey.get('/settings/Profile', { token: accessToken })).body
  }

  const assign = async (operator: Owner, owner: Owner, preferredUsername: string | null) =>
    latchkey.request('PATCH', `/admin/Users/${await accountIdOf(latchkey, owner)}/Profile`, {
      token: operator.accessToken,
      body: { preferredUsername, reason: 'As agreed' },
    })

  test('a sign-up may bring a name and a username, which the account then has', async () => {
    const profile = { name: 'Ada Lovelace', preferredUsername: 'Ada.Lovelace' }
    const proof = await start({ ...newcomer(), ...profile })
    const created = await profileOf(await latchkey.post('/auth/SignUp/Verify', proof))
    assert.deepEqual([created.name, created.preferredUsername], Object.values(profile))
  })

  // Abuse case (Sign-up): A stranger signed up with the name of a built-in account of an application,
  // and got that account by single sign-on.
  test('no sign-up gets a username that an account has in upper or lower case, or a reserved one', async () => {
    const proof = await start({ ...newcomer(), preferredUsername: 'grace' })
    assertSignedIn(await latchkey.post('/auth/SignUp/Verify', proof))
    for (const preferredUsername of ['grace', 'GRACE', 'Grace', 'admin', 'Root', 'PostMaster']) {
      const refused = await latchkey.post('/auth/SignUp', { ...newcomer(), preferredUsername })
      assertProblem(refused, 409, 'username_taken')
    }
  })

  test('a refused username counts as a sign-up, so that nobody lists usernames', async () => {
    const proof = await start({ ...newcomer(), preferredUsername: 'radia' })
    assertSignedIn(await latchkey.post('/auth/SignUp/Verify', proof))
    const probe = { ...newcomer(), preferredUsername: 'radia' }
    for (let attempt = 0; attempt < 5; attempt += 1) {
      assertProblem(await latchkey.post('/auth/SignUp', probe), 409, 'username_taken')
    }
    assertProblem(await latchkey.post('/auth/SignUp', probe), 429, 'too_many_messages')
  })

  test('a username that was taken during the sign-up is refused, and the code then works with another', async () => {
    const [one, other] = [
      await start({ ...newcomer(), preferredUsername: 'joan' }),
      await start({ ...newcomer(), preferredUsername: 'Joan' }),
    ]
    assertSignedIn(await latchkey.post('/auth/SignUp/Verify', one))
    assertProblem(await latchkey.post('/auth/SignUp/Verify', other), 409, 'username_taken')
    const retried = { ...other, preferredUsername: 'joan2' }
    const created = await profileOf(await latchkey.post('/auth/SignUp/Verify', retried))
    assert.equal(created.preferredUsername, 'joan2')
  })

  test('a code tells about five usernames at most', async () => {
    assertSignedIn(
      await latchkey.post(
        '/auth/SignUp/Verify',
        await start({ ...newcomer(), preferredUsername: 'mary' }),
      ),
    )
    const proof = await start(newcomer())
    for (let attempt = 0; attempt < 5; attempt += 1) {
      const taken = await latchkey.post('/auth/SignUp/Verify', {
        ...proof,
        preferredUsername: 'mary',
      })
      assertProblem(taken, 409, 'username_taken')
    }
    assertProblem(await latchkey.post('/auth/SignUp/Verify', proof), 401, 'sign_up_token_expired')
  })

  test('ten sign-ups that end with one username at once make one account with it', async () => {
    const proofs = []
    for (let index = 0; index < 10; index += 1) {
      proofs.push(await start({ ...newcomer(), preferredUsername: 'hedy' }))
    }
    const responses = await Promise.all(
      proofs.map((proof) => latchkey.post('/auth/SignUp/Verify', proof)),
    )
    const statuses = responses.map(({ status }) => status).sort()
    assert.deepEqual(statuses, [201, ...Array(9).fill(409)])
    const holders = await latchkey.sql(`select 1 from profile where username_key = 'hedy'`)
    assert.equal(holders.length, 1)
  })

  test('operators set and change a username, and tell its owner of a change', async () => {
    const eve = await createOperator(latchkey)
    const ada = await latchkey.owner()
    assertStatus(await assign(eve, ada, 'ada'), 200)
    const notices = async () =>
      (await latchkey.inbox(ada.email)).filter(({ subject }) => /username/.test(subject))
    assert.deepEqual(await notices(), [], 'nothing was lost')

    const changed = assertStatus(await assign(eve, ada, 'ada.l'), 200)
    assert.equal(changed.body.profile.preferredUsername, 'ada.l')
    const [notice] = await notices()
    assert.match(notice?.text ?? '', /changed or removed the username.*“As agreed”/s)
    assertStatus(await assign(eve, ada, 'ada.l'), 200)
    assertStatus(await assign(eve, ada, null), 200)
    const { activity } = (await ada.get('/settings/Activity')).body
    const by = { by: eve.email, why: 'As agreed' }
    assert.deepEqual(
      activity
        .filter(({ type }: { type: string }) => type === 'username.changed')
        .map(({ detail }: { detail: object }) => detail),
      [
        { from: 'ada.l', to: null, ...by },
        { from: 'ada', to: 'ada.l', ...by },
        { from: null, to: 'ada', ...by },
      ],
    )
  })

  test('an operator can give a reserved username, and none that another account has', async () => {
    const eve = await createOperator(latchkey)
    const [ada, joe] = [await latchkey.owner(), await latchkey.owner()]
    assertStatus(await assign(eve, ada, 'support'), 200)
    assertProblem(await assign(eve, joe, 'Support'), 409, 'username_taken')
    assertStatus(await assign(eve, ada, 'Support'), 200)
  })

  // Abuse case (Sign-up): The username of a deleted or renamed account was free again, and its next
  // owner got what belonged to the former one.
  test('nobody signs up with a username that another account had, erased or not', async () => {
    const eve = await createOperator(latchkey)
    const [ada, joe] = [await latchkey.owner(), await latchkey.owner()]
    assertStatus(await assign(eve, ada, 'Katherine'), 200)
    assertStatus(await assign(eve, ada, 'kath'), 200)
    await ada.delete('/settings/Account', { body: { password: ada.password } })
    const signUp = (preferredUsername: string) =>
      latchkey.post('/auth/SignUp', { ...newcomer(), preferredUsername })
    for (const username of ['katherine', 'kath']) {
      assertProblem(await signUp(username), 409, 'username_taken')
    }
    travel(8 * 86_400_000)
    await runCleanUp(latchkey)
    for (const username of ['katherine', 'KATH']) {
      assertProblem(await signUp(username), 409, 'username_taken')
    }
    const stored = JSON.stringify(await latchkey.sql('select * from retired_username'))
    assert.doesNotMatch(stored, /kath/i)

    await eve.signInFully()
    assertStatus(await assign(eve, joe, 'katherine'), 200)
  })
})

onDatabase('SQLite', (latchkey) => {
  test('a username has 2 to 32 letters and digits with single separators, and looks like no address', async () => {
    const signUp = (preferredUsername: string) =>
      latchkey.post('/auth/SignUp', {
        email: 'ada@example.com',
        password: 'a sentence for newcomers',
        preferredUsername,
      })
    for (const refused of [
      'a',
      'ada@example.com',
      'ada lovelace',
      '1ada',
      '.ada',
      'ada.',
      'ada..lovelace',
      'ada-_lovelace',
      'adä',
      'аda',
      'a'.repeat(33),
      '0199c1a2-0000-7000-8000-000000000000',
    ]) {
      const { errors } = assertProblem(await signUp(refused), 400, 'invalid_request').body
      assert.equal(errors[0].path, '/preferredUsername', refused)
    }
    for (const accepted of ['ad', 'a1', 'Ada-Lovelace_1.x', 'a'.repeat(32)]) {
      assertStatus(await signUp(accepted), 202)
    }
  })
})

import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { setTimeout as sleep } from 'node:timers/promises'
import { createLogoutQueue } from '../../src/apps/logout/logout-queue.ts'
import { openDatabase } from '../../src/store/open.ts'
import { runApps } from '../support/apps.ts'
import { travel } from '../support/clock.ts'
import { databaseKinds } from '../support/database.ts'
import type { TestLatchkey } from '../support/latchkey.ts'
import { addLogoutApp, type LogoutApp, signInToApp } from '../support/logout-receiver.ts'
import { scrape } from '../support/metrics.ts'
import { findLogLines, startLatchkey } from '../support/outbox.ts'
import type { Owner } from '../support/owner.ts'
import { createTempFolder, runLatchkey, startNode, waitUntil } from '../support/process.ts'
import { assertStatus } from '../support/responses.ts'

const second = 1000
const hour = 3600 * second
const day = 24 * hour

const signOut = async (owner: Owner) => assertStatus(await owner.post('/auth/SignOut'), 204)

/** Ends sessions of as many owners, each signed in to the application. @returns their `sid`s, sorted */
async function endSessions(latchkey: TestLatchkey, app: LogoutApp, count: number) {
  const sids: string[] = []
  for (let number = 0; number < count; number += 1) {
    const owner = await latchkey.owner()
    sids.push((await signInToApp(latchkey, owner, app)) ?? '')
    await signOut(owner)
  }
  return sids.sort()
}

const sidsOf = ({ received }: LogoutApp) => received.map(({ sid }) => sid).sort()

// Some tests wait for real leases to expire, so they run concurrently.
describe('logouts by several nodes', { concurrency: true }, () => {
  for (const kind of databaseKinds) {
    test(`two nodes send each logout once, on ${kind}`, async (t) => {
      const latchkey = await startLatchkey(t, kind)
      const git = await addLogoutApp(t, latchkey, 'git')
      // As slow as a real application, so that both nodes are busy at the same time.
      git.respond = async () => {
        await sleep(100)
        return 200
      }
      const sids: string[] = []
      for (let number = 0; number < 4; number += 1) {
        const owner = await latchkey.owner()
        for (let browser = 0; browser < 10; browser += 1) {
          sids.push((await signInToApp(latchkey, owner, git)) ?? '')
        }
      }
      const other = await startNode(t, latchkey)
      const args = ['accounts', 'sessions-end', '--all', '--reason', 'a leak']
      const { environment } = latchkey
      assert.equal((await runLatchkey(t, { environment, args })).code, 0)
      await waitUntil(async () => {
        const rows = await latchkey.sql('select sent_at from app_logout')
        return rows.length === sids.length && rows.every(({ sent_at }) => sent_at !== null)
      })
      assert.deepEqual(sidsOf(git), sids.sort())
      const byOther = findLogLines({ log: other.stdout }, 'message sent').length
      assert.ok(byOther > 0 && byOther < sids.length, `the other node sent ${byOther}`)
    })

    test(`a logout survives the kill of the node that was sending it, on ${kind}`, async (t) => {
      const latchkey = await startLatchkey(t, kind)
      const git = await addLogoutApp(t, latchkey, 'git')
      const ada = await latchkey.owner()
      const sid = await signInToApp(latchkey, ada, git)
      await latchkey.stopKeepingData()
      const victim = await startNode(t, latchkey, { LATCHKEY_PORT: new URL(latchkey.origin).port })
      // It dies as soon as the application has the token, and before the application answers.
      git.respond = async () => {
        await victim.stop('SIGKILL')
        return 200
      }
      await signOut(ada)
      await victim.result
      git.respond = () => 200
      await latchkey.start()
      await waitUntil(() => git.received.length >= 2)
      assert.deepEqual(sidsOf(git), [sid, sid])
    })
  }
})

for (const kind of databaseKinds) {
  test(`an application that was down learns of the end later, by a token of its own time, on ${kind}`, async (t) => {
    const latchkey = await startLatchkey(t, kind)
    const git = await addLogoutApp(t, latchkey, 'git')
    git.respond = () => 503
    const [sid] = await endSessions(latchkey, git, 1)
    await waitUntil(() => git.received.length >= 2)
    git.respond = () => 204
    await waitUntil(async () => {
      const [row] = await latchkey.sql('select sent_at from app_logout')
      return row?.sent_at !== null
    })
    assert.ok(git.received.every((logout) => logout.sid === sid))
    const tokens = new Set(git.received.map(({ claims }) => claims.jti))
    assert.equal(tokens.size, git.received.length)
  })

  test(`an application that does not answer holds up no other, on ${kind}`, async (t) => {
    const latchkey = await startLatchkey(t, kind)
    const silent = await addLogoutApp(t, latchkey, 'silent')
    const { promise, resolve } = Promise.withResolvers<number>()
    silent.respond = () => promise
    const chat = await addLogoutApp(t, latchkey, 'chat')
    const ada = await latchkey.owner()
    // More than a node delivers at once.
    const waiting: (string | undefined)[] = []
    for (let browser = 0; browser < 30; browser += 1) {
      waiting.push(await signInToApp(latchkey, ada, silent))
    }
    await signOut(ada)
    await waitUntil(() => silent.received.length === 4)
    const sids = await endSessions(latchkey, chat, 3)
    await waitUntil(() => chat.received.length === sids.length)
    assert.deepEqual(sidsOf(chat), sids)
    assert.equal(silent.received.length, 4)

    silent.respond = () => 200
    resolve(200)
    await waitUntil(() => silent.received.length === waiting.length)
    assert.deepEqual(sidsOf(silent), waiting.sort())
  })

  test(`an application that signs in while the session ends learns of the end, or gets nothing, on ${kind}`, async (t) => {
    const latchkey = await startLatchkey(t, kind)
    const git = await addLogoutApp(t, latchkey, 'git')
    const joined: string[] = []
    const outcomes = new Set<boolean>()
    for (let round = 0; round < 20; round += 1) {
      const ada = await latchkey.owner()
      const joins = Array.from({ length: 4 }, () => signInToApp(latchkey, ada, git))
      await Promise.all([signOut(ada), ...joins])
      for (const sid of await Promise.all(joins)) {
        outcomes.add(sid !== undefined)
        if (sid !== undefined) joined.push(sid)
      }
      outcomes.add((await signInToApp(latchkey, ada, git)) !== undefined)
    }
    assert.ok(outcomes.has(false))
    await waitUntil(() => git.received.length >= joined.length)
    assert.deepEqual(sidsOf(git), joined.sort())
    const recorded = await latchkey.sql('select sid from session_app')
    assert.deepEqual(recorded.map(({ sid }) => sid).sort(), joined)
  })

  test(`a session does not end while its applications can’t be told, on ${kind}`, async (t) => {
    const latchkey = await startLatchkey(t, kind)
    const git = await addLogoutApp(t, latchkey, 'git')
    const ada = await latchkey.owner()
    const sid = await signInToApp(latchkey, ada, git)
    await latchkey.sql('alter table app_logout rename to gone')
    const failed = await ada.post('/auth/SignOut')
    assert.equal(failed.status, 500)
    assert.equal((await ada.get('/settings')).status, 200)
    await latchkey.sql('alter table gone rename to app_logout')
    await signOut(ada)
    await waitUntil(() => git.received.length > 0)
    assert.deepEqual(sidsOf(git), [sid])
  })
}

test('before the first application, the database is not asked for logouts', async () => {
  const db = openDatabase('postgres://nobody@127.0.0.1:1/nothing')
  assert.deepEqual(await createLogoutQueue(db, () => false).claim(20), [])
  await db.destroy()
})

test('a logout is retried after growing pauses, for three days; metrics and apps show list it', async (t) => {
  const latchkey = await startLatchkey(t, 'SQLite')
  const git = await addLogoutApp(t, latchkey, 'git')
  git.respond = () => 400
  await endSessions(latchkey, git, 1)
  for (let tries = 0; tries < 14; tries += 1) {
    const line = await waitUntil(() => findLogLines(latchkey, 'message not sent yet')[tries])
    assert.equal(line.retryInMs, Math.min(2 ** tries * second, hour))
    assert.deepEqual([line.channel, line.app], ['logout', 'git'])
    if (tries < 13) travel(line.retryInMs)
  }
  const shown = await runApps(t, latchkey, 'show', 'git')
  assert.match(
    shown.stdout,
    /waiting {3}1 logout: The application did not accept the logout \(400\)/,
  )
  const series = await scrape(latchkey.origin)
  assert.equal(series.get('latchkey_delivery_queue{channel="logout"}'), 1)

  travel(3 * day)
  const failed = await waitUntil(() => findLogLines(latchkey, 'message failed')[0])
  assert.deepEqual([failed.level, failed.channel, failed.app], [50, 'logout', 'git'])
  // A later session’s logout does not wait for it.
  git.respond = () => 200
  const [sid] = await endSessions(latchkey, git, 1)
  await waitUntil(() => git.received.at(-1)?.sid === sid)
})

test('a logout token that waited is signed by the key of the time when it is sent', async (t) => {
  const latchkey = await startLatchkey(t, 'SQLite')
  const git = await addLogoutApp(t, latchkey, 'git')
  git.respond = () => 503
  await endSessions(latchkey, git, 1)
  const before = await waitUntil(() => git.received[0]?.kid)
  const { environment, folder } = latchkey
  const rotated = await runLatchkey(t, { environment, folder, args: ['keys', 'rotate', '--now'] })
  assert.equal(rotated.code, 0, rotated.stderr)
  // The receiver verifies by the published keys.
  await waitUntil(() => git.received.some(({ kid }) => kid !== before))
})

test('the logout of an application that was removed is given up at once', async (t) => {
  const latchkey = await startLatchkey(t, 'SQLite')
  const git = await addLogoutApp(t, latchkey, 'git')
  git.respond = () => 503
  await endSessions(latchkey, git, 1)
  await waitUntil(() => git.received.length > 0)
  assert.equal((await runApps(t, latchkey, 'remove', 'git')).code, 0)
  const failed = await waitUntil(() => findLogLines(latchkey, 'message failed')[0])
  assert.equal(failed.reason, 'The application was removed.')
})

// Abuse case (Sessions and tokens): A session stayed open in an application, because somebody on the way
// dropped the message that ended it.
test('production sends logout tokens over plain http to named hosts alone', async (t) => {
  const latchkey = await startLatchkey(t, 'SQLite')
  // This machine, by an address that is not known to be this machine.
  const git = await addLogoutApp(t, latchkey, 'git', { host: '[::ffff:127.0.0.1]' })
  git.respond = () => 503
  const sids = await endSessions(latchkey, git, 1)
  await waitUntil(() => git.received.length > 0)
  await latchkey.restart({ ...production, LATCHKEY_LOGOUT_HTTP_HOSTS: 'grafana.internal' })
  git.received.length = 0
  await waitUntil(() => latchkey.log.includes('LATCHKEY_LOGOUT_HTTP_HOSTS does not name the host'))
  assert.deepEqual(git.received, [])
  git.respond = () => 200
  await latchkey.restart({ LATCHKEY_LOGOUT_HTTP_HOSTS: 'grafana.internal, [::ffff:7f00:1]' })
  await waitUntil(() => git.received.length > 0)
  assert.deepEqual(sidsOf(git), sids)
})

const production = {
  LATCHKEY_MODE: 'production',
  LATCHKEY_PUBLIC_URL: 'https://accounts.example.com',
  LATCHKEY_SMTP_URL: 'smtp://127.0.0.1:1?tls=off',
  LATCHKEY_MAIL_FROM: 'Example <no-reply@example.com>',
  LATCHKEY_MFA_METHODS: 'authenticator,email',
  LATCHKEY_TRUST_PROXY: 'off',
  LATCHKEY_SIGN_UP: 'invitation',
  LATCHKEY_SHUTDOWN_DELAY: '0',
}

test('apps add takes a logout URI that no other reads on its way, and says what is wrong with others', async (t) => {
  const latchkey = await startLatchkey(t, 'SQLite')
  const { environment } = latchkey
  const folder = createTempFolder(t)
  const add = (uri: string, changes: Record<string, string> = {}) => {
    const url = ['--url', 'https://git.example.com', '--redirect-uri', 'https://git.example.com/cb']
    const args = ['apps', 'add', 'git', ...url, '--backchannel-logout-uri', uri]
    return runLatchkey(t, { folder, environment: { ...environment, ...changes }, args })
  }
  for (const uri of [
    'git.example.com',
    'ftp://git.example.com/',
    'https://a:b@git.example.com/',
    'https://git.example.com/#x',
    'https://git .example.com/',
  ]) {
    const { code, stderr } = await add(uri)
    assert.equal(code, 1, uri)
    assert.match(stderr, /can’t be a back-channel logout URI/)
  }
  const refused = await add('http://git.internal/logout', production)
  assert.equal(refused.code, 1)
  assert.match(refused.stderr, /LATCHKEY_LOGOUT_HTTP_HOSTS/)
  assert.deepEqual(await latchkey.sql('select id from app'), [])

  const named = { ...production, LATCHKEY_LOGOUT_HTTP_HOSTS: 'git.internal' }
  assert.equal((await add('http://git.internal:3000/logout', named)).code, 0)
  const shown = await runApps(t, latchkey, 'show', 'git')
  assert.match(shown.stdout, /logout {4}http:\/\/git\.internal:3000\/logout\n/)
  assert.match(shown.stdout, /waiting {3}no logout/)
})

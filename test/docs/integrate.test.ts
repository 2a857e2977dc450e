/** The sample of docs/integrate.md keeps users signed in, and ends no session by accident. */
import assert from 'node:assert/strict'
import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { after, before, test } from 'node:test'
import { travel } from '../support/clock.ts'
import { decodeToken } from '../support/forge-token.ts'
import { TestLatchkey } from '../support/latchkey.ts'
import { codeBlock, readPage, root } from '../support/markdown.ts'
import { createTempFolder } from '../support/process.ts'

const page = 'docs/integrate.md'
const minute = 60_000

const latchkey = new TestLatchkey('SQLite')
before(() => latchkey.start())
after(() => latchkey.stop())

test('the sample refreshes once for concurrent calls with an expired token', async (t) => {
  const file = join(createTempFolder(t), 'session.mjs')
  writeFileSync(file, codeBlock(page, 'js', '// session.mjs'))
  const { call, useTokens } = await import(file)
  const ada = await latchkey.owner()
  useTokens((await ada.signIn()).body)
  const url = `${latchkey.origin}/settings/MfaSignIn`
  assert.equal((await call(url)).status, 200)

  for (let round = 0; round < 3; round += 1) {
    travel(11 * minute)
    const responses: Response[] = await Promise.all(Array.from({ length: 5 }, () => call(url)))
    assert.deepEqual([...new Set(responses.map(({ status }) => status))], [200])
  }
})

test('the sample returns a 401 that a refresh would not fix', async (t) => {
  const file = join(createTempFolder(t), 'session.mjs')
  writeFileSync(file, codeBlock(page, 'js', '// session.mjs'))
  const { call, useTokens } = await import(file)
  const ada = await latchkey.owner()
  travel(16 * minute)
  const { body: refreshed } = await latchkey.post('/auth/Refresh', {
    refreshToken: ada.refreshToken,
  })
  useTokens(refreshed)

  const response = await call(`${latchkey.origin}/settings/MfaSignIn`, { method: 'DELETE' })
  assert.equal(response.status, 401)
  const { sid } = decodeToken(refreshed.accessToken).claims
  const tokens = `select token_hash from refresh_token where session_id = '${sid}'`
  assert.equal((await latchkey.sql(tokens)).length, 2, 'the sample refreshed needlessly')
  const shown = codeBlock(page, 'text').replace('WWW-Authenticate: ', '')
  // MFA is off, so one factor is enough; the page shows the header with MFA on.
  assert.equal(response.headers.get('www-authenticate'), shown.replace('aal2', 'aal1'))
})

test('the lifetimes on the page match the tokens', async () => {
  const ada = await latchkey.owner()
  const { body } = await ada.signIn()
  const text = readPage(page).replace(/\s+/g, ' ')
  assert.equal(body.expiresIn, 600)
  assert.ok(text.includes('lives ten minutes'))
  assert.ok(Math.abs(body.refreshExpiresIn - 14 * 86_400) < 5)
  assert.ok(text.includes('14 days after it was last refreshed'))
})

test('the activity table lists every type of the code', () => {
  const source = readFileSync(join(root, 'src/activity/activity.ts'), 'utf8')
  const union = /export type ActivityType =(.*?)\n\n/s.exec(source)?.[1] ?? ''
  const known = [...union.matchAll(/'([\w.]+)'/g)].map(([, type]) => type)
  const listed = [...readPage(page).matchAll(/^\| `([a-z_]+\.[a-z_]+)` \|/gm)].map(
    ([, type]) => type,
  )
  assert.ok(known.length > 5)
  assert.deepEqual(listed.sort(), known.sort())
})

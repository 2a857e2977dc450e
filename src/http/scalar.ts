/** The script of Scalar, the interactive reference, as its Fastify plugin carries it. */
import { once } from 'node:events'
import { readFile } from 'node:fs/promises'
import { parentPort, Worker, workerData } from 'node:worker_threads'
import Fastify from 'fastify'
import { type Packed, pack } from './asset.ts'

const file = import.meta.url
const plugin = '@scalar/fastify-api-reference'

/** The version installed: with it in the URL, the same URL is always the same script. */
export async function scalarVersion(): Promise<string> {
  const manifest = new URL('../package.json', import.meta.resolve(plugin))
  const { version } = JSON.parse(await readFile(manifest, 'utf8'))
  return version
}

/**
 * The script, packed. The plugin holds its 5 MB as a string: importing it here would stop
 * everyone for 160 ms and keep 60 MB for good. So a thread does it, and takes all that with it.
 */
export async function packScalar(): Promise<Packed> {
  const [packed] = await once(new Worker(new URL(file), { workerData: file }), 'message')
  return packed
}

if (parentPort && workerData === file) {
  const { default: reference } = await import(plugin)
  const app = Fastify()
  await app.register(reference, { routePrefix: '/docs', configuration: { url: '/openapi.json' } })
  const script = await app.inject('/docs/js/scalar.js')
  if (script.statusCode !== 200) throw new Error(`${plugin} no longer has its script there.`)
  parentPort.postMessage(await pack(script.rawPayload))
}

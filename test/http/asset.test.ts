import assert from 'node:assert/strict'
import { test } from 'node:test'
import { brotliDecompressSync, gunzipSync } from 'node:zlib'
import Fastify from 'fastify'
import { type EncodedBody, encodeBody, serveAsset } from '../../src/http/asset.ts'

const text = 'the same for everyone; '.repeat(1000)

test('every encoding holds the same bytes', async () => {
  const app = createApp(() => encodeBody(text))
  const as = (encoding: string) =>
    app.inject({ url: '/a', headers: { 'accept-encoding': encoding } })

  const br = await as('gzip, br;q=0.9')
  assert.equal(br.headers['content-encoding'], 'br')
  assert.equal(brotliDecompressSync(br.rawPayload).toString(), text)

  const gzip = await as('br;q=0, GZIP')
  assert.equal(gzip.headers['content-encoding'], 'gzip')
  assert.equal(gunzipSync(gzip.rawPayload).toString(), text)

  const plain = await app.inject('/a')
  assert.equal(plain.headers['content-encoding'], undefined)
  assert.equal(plain.payload, text)
  assert.equal(plain.headers.vary, 'accept-encoding, origin')
})

test('an asset with a matching ETag is not sent again', async () => {
  const app = createApp(() => encodeBody(text))
  const { etag } = (await app.inject('/a')).headers

  const again = await app.inject({ url: '/a', headers: { 'if-none-match': `"other", ${etag}` } })
  assert.equal(again.statusCode, 304)
  assert.equal(again.payload, '')
  assert.equal(again.headers.etag, etag)

  const changed = await app.inject({ url: '/a', headers: { 'if-none-match': '"other"' } })
  assert.equal(changed.statusCode, 200)
})

test('an asset is built on the first request, once for concurrent ones, and again after a failure', async () => {
  let loads = 0
  const app = createApp(async () => {
    loads += 1
    if (loads === 1) throw new Error('the disk was away')
    return encodeBody(text)
  })
  assert.equal(loads, 0, 'built before the first request')

  assert.equal((await app.inject('/a')).statusCode, 500)
  const answers = await Promise.all([1, 2, 3].map(() => app.inject('/a')))
  assert.deepEqual(
    answers.map(({ statusCode }) => statusCode),
    [200, 200, 200],
  )
  assert.equal(loads, 2)
})

function createApp(load: () => Promise<EncodedBody>) {
  const app = Fastify()
  serveAsset(app, '/a', { type: 'text/plain; charset=utf-8', cache: 'revalidate', load })
  return app
}

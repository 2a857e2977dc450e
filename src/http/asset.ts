/** Answers that are the same for everyone: packed at the first request, kept packed alone. */
import { createHash } from 'node:crypto'
import { promisify } from 'node:util'
import { brotliCompress, constants, gunzip, gzip } from 'node:zlib'
import type { FastifyInstance } from 'fastify'

export interface Asset {
  /** The media type, with its charset. */
  type: string
  /** Whether another body could ever stand at this URL; if not, browsers need never ask again. */
  cache: 'immutable' | 'revalidate'
  contentSecurityPolicy?: string
  /** Whether pages of others may show it, as a mail program in a browser does. */
  crossOrigin?: boolean
  /** Called at the first request, and at the next one if it failed. */
  load: () => Promise<CompressedBody>
}

/** A body in the encodings that browsers take. Bytes as they are can be had from `gzip`. */
export interface CompressedBody {
  br: Uint8Array
  gzip: Uint8Array
  etag: string
}

const cacheControl = {
  immutable: 'public, max-age=31536000, immutable',
  revalidate: 'no-cache',
}

/** Serves `asset` at `url`: compressed, with an ETag, and 304 to whoever has it. Not in the docs. */
export function serveAsset(app: FastifyInstance, url: string, asset: Asset): void {
  const load = once(asset.load)

  app.get(url, { schema: { hide: true } }, async (request, reply) => {
    const body = await load()
    reply.headers({
      'content-type': asset.type,
      'cache-control': cacheControl[asset.cache],
      etag: body.etag,
      // Which origin may read it is told in an answer, too.
      vary: 'accept-encoding, origin',
    })
    if (asset.contentSecurityPolicy) {
      reply.header('content-security-policy', asset.contentSecurityPolicy)
    }
    if (asset.crossOrigin) reply.header('cross-origin-resource-policy', 'cross-origin')

    if (matchesEtag(body, request.headers['if-none-match'])) return reply.code(304).send()

    const accepted = request.headers['accept-encoding']
    if (acceptsEncoding(accepted, 'br')) return reply.header('content-encoding', 'br').send(body.br)
    if (acceptsEncoding(accepted, 'gzip'))
      return reply.header('content-encoding', 'gzip').send(body.gzip)
    return reply.send(await promisify(gunzip)(body.gzip))
  })
}

/**
 * `body`, compressed. Quality 6 takes 0.3 s for 5 MB and comes within 3 % of quality 9, which
 * takes a second. One encoding after the other, so that password hashes keep a thread.
 */
export async function compressBody(body: string | Uint8Array): Promise<CompressedBody> {
  const bytes = Buffer.from(body)
  const br = await promisify(brotliCompress)(bytes, {
    params: {
      [constants.BROTLI_PARAM_QUALITY]: 6,
      [constants.BROTLI_PARAM_SIZE_HINT]: bytes.length,
    },
  })
  // Weak, because one tag stands for both encodings (RFC 9110 §8.8.1).
  return { br, gzip: await promisify(gzip)(bytes), etag: `W/"${contentHash(bytes)}"` }
}

/** Letters and digits that no other body has: for ETags, and for URLs that never change. */
export function contentHash(body: string | Uint8Array): string {
  return createHash('sha256').update(body).digest('hex').slice(0, 16)
}

function once<T>(load: () => Promise<T>): () => Promise<T> {
  let loaded: Promise<T> | undefined
  return () => {
    loaded ??= load().catch((error) => {
      loaded = undefined
      throw error
    })
    return loaded
  }
}

function matchesEtag({ etag }: CompressedBody, ifNoneMatch: string | undefined): boolean {
  return ifNoneMatch?.split(',').some((tag) => tag.trim() === etag) ?? false
}

/** Whether the client named `encoding` and didn't give it weight 0 (RFC 9110 §12.5.3). */
function acceptsEncoding(acceptEncoding: string | string[] | undefined, encoding: string): boolean {
  return String(acceptEncoding ?? '')
    .toLowerCase()
    .split(',')
    .map((choice) => choice.replaceAll(/\s/g, ''))
    .some((choice) => choice.split(';')[0] === encoding && !/;q=0(\.0*)?$/.test(choice))
}

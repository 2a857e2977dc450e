/** Static responses, kept in memory in each encoding from their first request on. */
import { createHash } from 'node:crypto'
import { promisify } from 'node:util'
import { brotliCompress, constants, gzip } from 'node:zlib'
import type { FastifyInstance } from 'fastify'

export interface Asset {
  /** The media type, with its charset. */
  type: string
  /** `immutable`: the body at this URL never changes, so browsers never revalidate it. */
  cache: 'immutable' | 'revalidate'
  contentSecurityPolicy?: string
  /** Whether pages of other origins may embed it, as webmail does. */
  crossOrigin?: boolean
  /** Called at the first request, and again at the next one after a failure. */
  load: () => Promise<EncodedBody>
}

/** A body as it is, and in the encodings that browsers accept. */
export interface EncodedBody {
  plain: Uint8Array
  br: Uint8Array
  gzip: Uint8Array
  etag: string
}

const cacheControl = {
  immutable: 'public, max-age=31536000, immutable',
  revalidate: 'no-cache',
}

/** Serves `asset` at `url`: compressed, with an ETag and 304. Hidden from the OpenAPI document. */
export function serveAsset(app: FastifyInstance, url: string, asset: Asset): void {
  const load = once(asset.load)

  app.get(url, { schema: { hide: true } }, async (request, reply) => {
    const body = await load()
    reply.headers({
      'content-type': asset.type,
      'cache-control': cacheControl[asset.cache],
      etag: body.etag,
      // CORS headers differ by origin.
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
    return reply.send(body.plain)
  })
}

/**
 * Compresses `body`. Brotli quality 6 takes 0.3 s for 5 MB and is within 3 % of quality 9, which
 * takes 1 s. Encodings run one after the other, which leaves thread pool slots to password hashing.
 */
export async function encodeBody(body: string | Uint8Array): Promise<EncodedBody> {
  const bytes = typeof body === 'string' ? Buffer.from(body) : body
  const br = await promisify(brotliCompress)(bytes, {
    params: {
      [constants.BROTLI_PARAM_QUALITY]: 6,
      [constants.BROTLI_PARAM_SIZE_HINT]: bytes.length,
    },
  })
  // A weak ETag, because both encodings share it (RFC 9110 §8.8.1).
  const etag = `W/"${contentHash(bytes)}"`
  return { plain: bytes, br, gzip: await promisify(gzip)(bytes), etag }
}

/** A hash of `body`, for ETags and for URLs with an immutable body. */
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

function matchesEtag({ etag }: EncodedBody, ifNoneMatch: string | undefined): boolean {
  return ifNoneMatch?.split(',').some((tag) => tag.trim() === etag) ?? false
}

/** Whether the client lists `encoding` with a weight other than 0 (RFC 9110 §12.5.3). */
function acceptsEncoding(acceptEncoding: string | string[] | undefined, encoding: string): boolean {
  return String(acceptEncoding ?? '')
    .toLowerCase()
    .split(',')
    .map((choice) => choice.replaceAll(/\s/g, ''))
    .some((choice) => choice.split(';')[0] === encoding && !/;q=0(\.0*)?$/.test(choice))
}

import cors from '@fastify/cors'
import type { FastifyInstance } from 'fastify'

/** How long browsers cache a preflight response, in seconds. */
const maxAge = 3600

/** Lets pages of these origins, and of no others, call the API with cookies (Fetch, §3.3). */
export async function allowOrigins(
  app: FastifyInstance,
  origins: readonly string[],
): Promise<void> {
  if (origins.length === 0) return
  await app.register(cors, {
    origin: [...origins],
    credentials: true,
    methods: ['GET', 'POST', 'PUT', 'PATCH', 'DELETE'],
    exposedHeaders: ['X-Request-Id', 'Retry-After', 'WWW-Authenticate'],
    maxAge,
    strictPreflight: false,
  })
}

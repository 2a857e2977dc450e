import type { FastifyRequest } from 'fastify'
import type { Client } from '../lib/client.ts'

/** Longer than any browser's own words about itself. */
const deviceLength = 200

export function clientOf(request: FastifyRequest): Client {
  const agent = request.headers['user-agent'] ?? ''
  return {
    address: request.ip,
    // What could not be shown as it is (control and formatting characters) is left out.
    device: agent.replace(/\p{C}/gu, '').slice(0, deviceLength).toWellFormed(),
  }
}

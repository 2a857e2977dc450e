import { type Language, languageOf } from './language.ts'

/** Who asks, as far as a request tells: for people to recognise, never to decide by alone. */
export interface Client {
  /** The network address it came from. */
  ipAddress: string
  /** What the browser or program says it is. */
  userAgent: string
  /** What its user reads. */
  language: Language
}

/** Longer than any browser's own words about itself. */
const maxUserAgentLength = 200

export function clientOf(request: {
  ip: string
  headers: { 'user-agent'?: string | undefined; 'accept-language'?: string | undefined }
}): Client {
  const agent = request.headers['user-agent'] ?? ''
  return {
    ipAddress: request.ip,
    language: languageOf(request.headers['accept-language']),
    // What could not be shown as it is (control and formatting characters) is left out.
    userAgent: agent.replace(/\p{C}/gu, '').slice(0, maxUserAgentLength).toWellFormed(),
  }
}

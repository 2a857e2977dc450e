import { type Language, languageOf } from './language.ts'

/** The client of a request, as it presents itself: shown to people, never sufficient for a decision. */
export interface Client {
  /** The IP address of the request. */
  ipAddress: string
  /** The `User-Agent` header, printable and shortened. */
  userAgent: string
  /** The preferred language. */
  language: Language
}

/** Longer than any browser’s `User-Agent`. */
const maxUserAgentLength = 200

export function clientOf(request: {
  ip: string
  headers: { 'user-agent'?: string | undefined; 'accept-language'?: string | undefined }
}): Client {
  const agent = request.headers['user-agent'] ?? ''
  return {
    ipAddress: request.ip,
    language: languageOf(request.headers['accept-language']),
    // Control and formatting characters are removed: they could disguise the text.
    userAgent: agent.replace(/\p{C}/gu, '').slice(0, maxUserAgentLength).toWellFormed(),
  }
}

/** The person of a request, as applications know them. */
export interface Identity {
  /** The id of the account, which never changes. */
  id: string
  email: string
}

/**
 * The headers that a reverse proxy hands on to the application, with the names that Authelia made
 * common. `Remote-User` is the account to applications, so it is never the address: somebody else may
 * have that one later.
 */
export function identityHeaders({ id, email }: Identity): Record<string, string> {
  return { 'remote-user': id, 'remote-email': inUtf8(email) }
}

/** Node writes each character of a header as one byte. */
function inUtf8(text: string): string {
  return Buffer.from(text, 'utf8').toString('latin1')
}

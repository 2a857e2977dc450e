/** The length limits of a secret, in bytes (“Standard Webhooks”, signature scheme). */
const [minSecretBytes, maxSecretBytes] = [24, 64]

/** The problem of a LATCHKEY_WEBHOOK_URL, as a sentence without the value; undefined if valid. */
export function validateWebhookUrl(url: string): string | undefined {
  const parsed = parseWebhookUrl(url)
  return 'problem' in parsed ? parsed.problem : undefined
}

/** Parses a LATCHKEY_WEBHOOK_URL into the URL without secrets and one secret, or two during rotation. */
export function parseWebhookUrl(
  rawUrl: string,
): { url: URL; secrets: Buffer[] } | { problem: string } {
  const url = /^https?:\/\//i.test(rawUrl) ? URL.parse(rawUrl) : null
  if (!url) return invalidUrl('must look like https://host/path?secret=whsec_…')
  if (url.username || url.password) {
    return invalidUrl('must not contain a user and password; the signature authenticates us')
  }
  const encodedSecrets = url.searchParams.getAll('secret')
  if (encodedSecrets.length < 1 || encodedSecrets.length > 2) {
    return invalidUrl('must contain one ?secret=whsec_…, or two during a rotation')
  }
  // A + in a query is decoded as a space, and base64 has no spaces.
  const secrets = encodedSecrets.map((secret) => parseSecret(secret.replaceAll(' ', '+')))
  if (!secrets.every((secret) => secret !== undefined)) {
    return invalidUrl(
      `has an invalid secret: it must be whsec_ and ${minSecretBytes} to ${maxSecretBytes} bytes in base64`,
    )
  }
  url.searchParams.delete('secret')
  url.hash = ''
  return { url, secrets }
}

const invalidUrl = (problem: string) => ({ problem: `LATCHKEY_WEBHOOK_URL ${problem}.` })

function parseSecret(encoded: string): Buffer | undefined {
  const base64 = /^whsec_(.+)$/.exec(encoded)?.[1] ?? ''
  const bytes = Buffer.from(base64, 'base64')
  // Node skips invalid base64 characters; the receiver’s library may not.
  const isCanonical = bytes.toString('base64') === base64
  return isCanonical && bytes.length >= minSecretBytes && bytes.length <= maxSecretBytes
    ? bytes
    : undefined
}

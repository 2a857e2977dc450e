/** Sizes of a secret, in bytes ("Standard Webhooks", signature scheme). */
const [minSecretBytes, maxSecretBytes] = [24, 64]

/** Why a LATCHKEY_WEBHOOK_URL is invalid, in a sentence that repeats nothing of it; or undefined. */
export function validateWebhookUrl(url: string): string | undefined {
  const parsed = parseWebhookUrl(url)
  return 'problem' in parsed ? parsed.problem : undefined
}

/** The receiver's URL without its secrets, and one secret or, during a rotation, two. */
export function parseWebhookUrl(
  rawUrl: string,
): { url: URL; secrets: Buffer[] } | { problem: string } {
  const url = /^https?:\/\//i.test(rawUrl) ? URL.parse(rawUrl) : null
  if (!url) return invalidUrl('must look like https://host/path?secret=whsec_…')
  if (url.username || url.password) {
    return invalidUrl('must carry no user and password; the signature says who we are')
  }
  const encodedSecrets = url.searchParams.getAll('secret')
  if (encodedSecrets.length < 1 || encodedSecrets.length > 2) {
    return invalidUrl('must carry one ?secret=whsec_…, or two while you change it')
  }
  // A + in a query is a space, and base64 has no spaces: so it can only have been a +.
  const secrets = encodedSecrets.map((secret) => parseSecret(secret.replaceAll(' ', '+')))
  if (!secrets.every((secret) => secret !== undefined)) {
    return invalidUrl(
      `has a secret that is not whsec_ and ${minSecretBytes} to ${maxSecretBytes} bytes in base64`,
    )
  }
  url.searchParams.delete('secret')
  url.hash = ''
  return { url, secrets }
}

const invalidUrl = (what: string) => ({ problem: `LATCHKEY_WEBHOOK_URL ${what}.` })

function parseSecret(encoded: string): Buffer | undefined {
  const base64 = /^whsec_(.+)$/.exec(encoded)?.[1] ?? ''
  const bytes = Buffer.from(base64, 'base64')
  // Node reads past what is no base64; the receiver's library may not.
  const isCanonical = bytes.toString('base64') === base64
  return isCanonical && bytes.length >= minSecretBytes && bytes.length <= maxSecretBytes
    ? bytes
    : undefined
}

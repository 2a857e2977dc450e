import { lookup } from 'node:dns/promises'
import { isIP } from 'node:net'
import { isProxyLikely } from '../../config/production-checks.ts'
import type { Settings } from '../../config/settings.ts'
import { second } from '../../lib/clock.ts'
import { isLoopback } from '../../lib/loopback.ts'
import type { Db } from '../../store/open.ts'
import { type Finding, fail, ok, warn } from './finding.ts'

/** Checks that the public URL has a name that resolves and that other machines can use. */
export async function checkPublicUrl({ publicUrl, mode }: Settings): Promise<Finding> {
  const { hostname } = new URL(publicUrl)
  if (isLoopback(hostname)) {
    const todo = 'Set LATCHKEY_PUBLIC_URL to the URL that people open.'
    if (mode === 'production') {
      return warn('public-url', `${publicUrl} is reachable from this machine only.`, todo)
    }
    return ok('public-url', `${publicUrl}, for this machine only.`)
  }
  if (isIP(hostname.replace(/^\[|\]$/g, ''))) {
    return warn(
      'public-url',
      `${publicUrl} has an IP address instead of a name.`,
      'Use a name: passkeys need one.',
    )
  }
  try {
    const { address } = await lookup(hostname)
    return ok('public-url', `${publicUrl} resolves to ${address}.`)
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException
    const todo =
      'Check LATCHKEY_PUBLIC_URL and the DNS, which may differ inside and outside of this network.'
    return warn('public-url', `${hostname} does not resolve from here (${code}).`, todo)
  }
}

/** Checks that the public URL leads to a service on this database, and that it is ready. */
export async function checkOnline(publicUrl: string, db: Db): Promise<Finding> {
  const todo = 'Check LATCHKEY_PUBLIC_URL, the DNS, the proxy, and that the service is running.'
  try {
    const ready = await get(`${publicUrl}/health/ready`)
    await ready.body?.cancel()
    if (ready.status !== 200) {
      return fail('online', `${publicUrl}/health/ready responds with ${ready.status}.`, todo)
    }
    const jwks = (await (await get(`${publicUrl}/.well-known/jwks.json`)).json()) as {
      keys: { kid: string }[]
    }
    const ours = await db.selectFrom('signing_key').select('id').execute()
    if (jwks.keys.some(({ kid }) => ours.some(({ id }) => id === kid))) {
      return ok('online', `${publicUrl} leads to a ready service on this database.`)
    }
    return fail('online', `${publicUrl} leads to a service on another database.`, todo)
  } catch (error) {
    const { name, cause } = error as Error & { cause?: NodeJS.ErrnoException }
    const reason =
      name === 'TimeoutError' ? 'no answer in time' : (cause?.code ?? 'no Latchkey there')
    return fail('online', `${publicUrl} does not lead to this service (${reason}).`, todo)
  }
}

const get = (url: string) =>
  fetch(url, { redirect: 'manual', signal: AbortSignal.timeout(5 * second) })

/** Checks that the service sees the IP addresses of its clients, which rate limits depend on. */
export function checkProxy(settings: Settings): Finding {
  const { trustProxy = [], mode } = settings
  const widest = Math.min(
    ...trustProxy.map((range) => Number(range.split('/')[1] ?? Number.POSITIVE_INFINITY)),
  )
  if (widest < 8) {
    const todo =
      'Set it to the addresses of your proxies only: any other trusted client can forge its IP address.'
    return warn(
      'proxy',
      `LATCHKEY_TRUST_PROXY trusts a large part of the internet (/${widest}).`,
      todo,
    )
  }
  if (trustProxy.length > 0) {
    return ok('proxy', `Trusted proxies: ${trustProxy.join(', ')}.`)
  }
  if (mode === 'production' && isProxyLikely(settings)) {
    const todo =
      'Set LATCHKEY_TRUST_PROXY to the address of the TLS proxy, 127.0.0.1 if it is on this machine.'
    return warn(
      'proxy',
      'All clients appear to have the IP address of the proxy, so they share rate limits.',
      todo,
    )
  }
  return ok('proxy', 'No proxy is trusted.')
}

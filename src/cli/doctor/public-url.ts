import { lookup } from 'node:dns/promises'
import { isIP } from 'node:net'
import type { Settings } from '../../config/settings.ts'
import { second } from '../../lib/clock.ts'
import { isLoopback } from '../../lib/loopback.ts'
import type { Db } from '../../store/open.ts'
import { type Finding, fail, ok, warn } from './finding.ts'

/** Whether the public URL has a name that is known, and one that others can use. */
export async function checkPublicUrl({ publicUrl, mode }: Settings): Promise<Finding> {
  const { hostname } = new URL(publicUrl)
  if (isLoopback(hostname)) {
    const todo = 'Set LATCHKEY_PUBLIC_URL to the address that people type.'
    if (mode === 'production') {
      return warn('address', `${publicUrl} leads nowhere but to this machine.`, todo)
    }
    return ok('address', `${publicUrl}, for this machine alone.`)
  }
  if (isIP(hostname.replace(/^\[|\]$/g, ''))) {
    return warn('address', `${publicUrl} is no name.`, 'Use a name: passkeys need one.')
  }
  try {
    const { address } = await lookup(hostname)
    return ok('address', `${publicUrl} is ${address}.`)
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException
    const todo =
      'Look at LATCHKEY_PUBLIC_URL and at the DNS; here it may be another one than outside.'
    return warn('address', `${hostname} is not found from here (${code}).`, todo)
  }
}

/** Whether the public URL leads to a service on this database that is ready. */
export async function checkOnline(publicUrl: string, db: Db): Promise<Finding> {
  const todo = 'Look at LATCHKEY_PUBLIC_URL, the DNS, the proxy, and whether the service runs.'
  try {
    const ready = await get(`${publicUrl}/health/ready`)
    await ready.body?.cancel()
    if (ready.status !== 200) {
      return fail('online', `${publicUrl}/health/ready answers ${ready.status}.`, todo)
    }
    const jwks = (await (await get(`${publicUrl}/.well-known/jwks.json`)).json()) as {
      keys: { kid: string }[]
    }
    const ours = await db.selectFrom('signing_key').select('id').execute()
    if (jwks.keys.some(({ kid }) => ours.some(({ id }) => id === kid))) {
      return ok('online', `${publicUrl} leads to a service on this database, and it is ready.`)
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

/** Whether it can tell people apart by where they come from. */
export function checkProxy({ trustProxy, mode, host }: Settings): Finding {
  const widest = Math.min(
    ...trustProxy.map((range) => Number(range.split('/')[1] ?? Number.POSITIVE_INFINITY)),
  )
  if (widest < 8) {
    const todo =
      'Give the addresses of your proxies alone: whoever else is trusted chooses whom limits hit.'
    return warn(
      'proxy',
      `LATCHKEY_TRUST_PROXY trusts a great part of the internet (/${widest}).`,
      todo,
    )
  }
  if (trustProxy.length > 0) {
    return ok('proxy', `${trustProxy.join(', ')} may say whom they ask for.`)
  }
  if (mode === 'production' && isLoopback(host)) {
    const todo =
      'Set LATCHKEY_TRUST_PROXY to the address of the TLS proxy, 127.0.0.1 if it is on this machine.'
    return warn('proxy', 'Everybody seems to come from the proxy, so limits for one hit all.', todo)
  }
  return ok('proxy', 'No proxy is believed.')
}

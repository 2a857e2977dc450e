import type { Client } from '../lib/client.ts'
import { networkOf } from '../lib/network.ts'
import type { Db } from '../store/open.ts'
import type { Tx } from '../store/transaction.ts'

/**
 * Whether the account was ever signed in to from there, as long as the session is remembered. What
 * strangers do from elsewhere must not count against its owner there.
 *
 * @param account its id; empty where there is none, which takes as long
 */
export async function isKnownNetwork(
  db: Db | Tx,
  account: string,
  { ipAddress }: Client,
): Promise<boolean> {
  const sessions = db.selectFrom('session').where('account_id', '=', account)
  const fromSameIp = sessions.select('id').where('ip_address', '=', ipAddress).limit(1)
  if (await fromSameIp.executeTakeFirst()) return true

  // Within an IPv6 network, a phone takes another address every day.
  const network = networkOf(ipAddress)
  if (network === ipAddress) return false
  const others = await sessions.select('ip_address').distinct().execute()
  return others.some((other) => networkOf(other.ip_address) === network)
}

import type { Client } from '../lib/client.ts'
import { networkOf } from '../lib/network.ts'
import type { Db } from '../store/open.ts'
import type { Tx } from '../store/transaction.ts'

/**
 * Whether the account has a stored session from the client’s network. Rate limits treat known
 * networks apart, so that attacks from elsewhere do not lock the owner out.
 *
 * @param account its id; empty if there is none, which takes as long
 */
export async function isKnownNetwork(
  db: Db | Tx,
  account: string,
  { ipAddress }: Client,
): Promise<boolean> {
  const sessions = db.selectFrom('session').where('account_id', '=', account)
  const fromSameIp = sessions.select('id').where('ip_address', '=', ipAddress).limit(1)
  if (await fromSameIp.executeTakeFirst()) return true

  // IPv6 privacy addresses change daily within one network.
  const network = networkOf(ipAddress)
  if (network === ipAddress) return false
  const others = await sessions.select('ip_address').distinct().execute()
  return others.some((other) => networkOf(other.ip_address) === network)
}

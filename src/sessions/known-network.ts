import type { Client } from '../lib/client.ts'
import { networkOf } from '../lib/network.ts'
import type { Db } from '../store/open.ts'
import { prepared } from '../store/prepared-query.ts'
import type { Tx } from '../store/transaction.ts'

/**
 * Whether the account has a stored session from the client’s network that was not forgotten since.
 * Rate limits count known networks apart, so that attacks from elsewhere do not lock the owner out.
 *
 * @param account its id; empty if there is none, which takes as long
 */
export async function isKnownNetwork(
  db: Db | Tx,
  account: string,
  { ipAddress }: Client,
): Promise<boolean> {
  const [session] = await selectSessionFrom(db, { account, network: networkOf(ipAddress) })
  return session !== undefined
}

const selectSessionFrom = prepared(
  (db, { account, network }: { account: string; network: string }) =>
    db
      .selectFrom('session')
      .select('id')
      .where('account_id', '=', account)
      .where('network', '=', network)
      .where('network_forgotten_at', 'is', null)
      .limit(1),
)

/**
 * Forgets the networks of an account after a reset by mail or an undo, because a thief may have signed
 * in from some. The one that the call came from stays as it is.
 */
export async function forgetNetworks(
  tx: Tx,
  account: string,
  { ipAddress }: Client,
): Promise<void> {
  await tx
    .updateTable('session')
    .set({ network_forgotten_at: tx.now() })
    .where('account_id', '=', account)
    .where('network', '!=', networkOf(ipAddress))
    .where('network_forgotten_at', 'is', null)
    .execute()
}

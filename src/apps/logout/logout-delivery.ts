import type { SigningKeys } from '../../keys/signing-keys.ts'
import { second } from '../../lib/clock.ts'
import type { Log } from '../../lib/log.ts'
import type { EmitEvent } from '../../lib/metric-events.ts'
import { type DeliveryWorker, startWorker } from '../../notifications/delivery-worker.ts'
import { retryableError, sendRequest } from '../../notifications/http-request.ts'
import { PermanentDeliveryError } from '../../notifications/transport.ts'
import type { Db } from '../../store/open.ts'
import { findApp } from '../app.ts'
import { type AppLogoutRow, createLogoutQueue } from './logout-queue.ts'
import { signLogoutToken } from './logout-token.ts'
import { type LogoutUriRules, mayReceiveLogouts } from './logout-uri.ts'

/** Short, because a duplicate does no harm: the session has ended at the application by then. */
const timeoutMs = 10 * second

export interface LogoutDeliveryDeps {
  db: Db
  log: Log
  emit: EmitEvent
  signingKeys: SigningKeys
  issuer: string
  rules: LogoutUriRules
}

/**
 * Tells applications which sessions have ended, at least once each (OpenID Connect Back-Channel Logout
 * 1.0). Any number of nodes may run it: one at a time has claimed a logout.
 */
export function startLogoutDelivery(deps: LogoutDeliveryDeps): DeliveryWorker {
  const { db, log, emit, signingKeys } = deps
  return startWorker({
    name: 'logout',
    // The first application brings the key.
    queue: createLogoutQueue(db, () => signingKeys.idTokenKeys().length > 0),
    log,
    emit,
    send: (row) => sendLogout(deps, row),
    logFields: ({ app_id }) => ({ app: app_id }),
  })
}

/** @throws PermanentDeliveryError if the application is gone; Error for any other failure */
async function sendLogout(
  { db, signingKeys, issuer, rules }: LogoutDeliveryDeps,
  { app_id, account_id, sid }: AppLogoutRow,
): Promise<void> {
  const uri = (await findApp(db, app_id))?.backchannel_logout_uri ?? null
  if (uri === null) throw new PermanentDeliveryError('The application was removed.')
  if (!mayReceiveLogouts(uri, rules)) {
    throw new Error('LATCHKEY_LOGOUT_HTTP_HOSTS does not name the host of the application.')
  }
  const [key] = signingKeys.idTokenKeys()
  if (!key) throw new Error('There is no key that signs ID tokens.')
  const claims = { issuer, clientId: app_id, account: account_id, sid }
  const request = {
    method: 'POST',
    headers: { 'Content-Type': 'application/x-www-form-urlencoded' },
    body: `logout_token=${await signLogoutToken(key, claims)}`,
  } as const
  const response = await sendRequest('The application', new URL(uri), request, timeoutMs)
  if (response.status >= 200 && response.status < 300) return
  throw retryableError(`The application did not accept the logout (${response.status}).`, response)
}

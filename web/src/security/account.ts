import type {
  AccountApp,
  Activity,
  Session,
  Settings,
  TrustedDevice,
  WaysIn,
} from '../../../client/latchkey.ts'
import type { Failure } from '../failure.ts'
import { latchkey, mustSetUpMfa } from '../session.ts'
import { securityFailureOf } from './security-failure.ts'
import type { WithStepUp } from './step-up-context.tsx'

/** The data of the security page. */
export interface Account {
  settings: Settings
  waysIn: WaysIn
  sessions: Session[]
  trustedDevices: TrustedDevice[]
  apps: AccountApp[]
  /** The first page. */
  activity: Activity
}

export interface SectionProps {
  account: Account
  /** Shows `changes`, known from a response, immediately, and reloads the account. */
  onChange: (changes?: Partial<Account>) => void
}

export type LoadResult =
  | { account: Account }
  /** The policy requires MFA, and the session allows nothing else before it is set up. */
  | { mustSetUp: { hasPasskeys: boolean } }
  | { failure: Failure }

/** @returns undefined if the owner cancelled a step-up */
export async function loadAccount(withStepUp: WithStepUp): Promise<LoadResult | undefined> {
  if (mustSetUpMfa()) return loadRequiredSetUp(withStepUp)
  const [settings, waysIn, sessions, trustedDevices, apps, activity] = await Promise.all([
    withStepUp(() => latchkey.settings.get()),
    withStepUp(() => latchkey.settings.waysIn.get()),
    withStepUp(() => latchkey.settings.sessions.get()),
    withStepUp(() => latchkey.settings.trustedDevices.get()),
    withStepUp(() => latchkey.settings.apps.get()),
    withStepUp(() => latchkey.settings.activity.get({ limit: 10 })),
  ])
  if (!settings || !waysIn || !sessions || !trustedDevices || !apps || !activity) return undefined
  if (settings.ok && waysIn.ok && sessions.ok && trustedDevices.ok && apps.ok && activity.ok) {
    return {
      account: {
        settings: settings.data,
        waysIn: waysIn.data,
        sessions: sessions.data.sessions,
        trustedDevices: trustedDevices.data.trustedDevices,
        apps: apps.data.apps,
        activity: activity.data,
      },
    }
  }
  const failed = [settings, waysIn, sessions, trustedDevices, apps, activity].find(({ ok }) => !ok)
  if (!failed || failed.ok) return undefined
  if (failed.problem.code !== 'mfa_set_up_required') return { failure: securityFailureOf(failed) }
  return loadRequiredSetUp(withStepUp)
}

async function loadRequiredSetUp(withStepUp: WithStepUp): Promise<LoadResult> {
  const passkeys = await withStepUp(() => latchkey.settings.passkeys.get())
  return { mustSetUp: { hasPasskeys: passkeys?.ok === true && passkeys.data.passkeys.length > 0 } }
}

import type {
  Activity,
  Session,
  Settings,
  TrustedDevice,
  WaysIn,
} from '../../../client/latchkey.ts'
import type { Failure } from '../forms.tsx'
import { latchkey, mustSetUpMfa } from '../session.ts'
import type { Ask } from './asking.tsx'
import { whyNot } from './problems.ts'

/** All that this page shows. */
export interface Account {
  settings: Settings
  waysIn: WaysIn
  sessions: Session[]
  devices: TrustedDevice[]
  /** Its first page. */
  activity: Activity
}

/** What a section needs. */
export interface SectionProps {
  account: Account
  /** Shows at once what the answer to a change told, and has the rest looked up again. */
  changed: (now?: Partial<Account>) => void
}

export type Loaded =
  | { account: Account }
  /** Nothing else is allowed before a second step is set up. */
  | { mustSetUp: { hasPasskeys: boolean } }
  | { failure: Failure }

/** @returns undefined if it was not wanted after all */
export async function load(ask: Ask): Promise<Loaded | undefined> {
  if (mustSetUpMfa()) return loadSettingUp(ask)
  const [settings, waysIn, sessions, devices, activity] = await Promise.all([
    ask(() => latchkey.settings.get()),
    ask(() => latchkey.settings.waysIn.get()),
    ask(() => latchkey.settings.sessions.get()),
    ask(() => latchkey.settings.trustedDevices.get()),
    ask(() => latchkey.settings.activity.get({ limit: 10 })),
  ])
  if (!settings || !waysIn || !sessions || !devices || !activity) return undefined
  if (settings.ok && waysIn.ok && sessions.ok && devices.ok && activity.ok) {
    return {
      account: {
        settings: settings.data,
        waysIn: waysIn.data,
        sessions: sessions.data.sessions,
        devices: devices.data.trustedDevices,
        activity: activity.data,
      },
    }
  }
  const refused = [settings, waysIn, sessions, devices, activity].find(({ ok }) => !ok)
  if (!refused || refused.ok) return undefined
  if (refused.problem.code !== 'mfa_set_up_required') return { failure: whyNot(refused) }
  return loadSettingUp(ask)
}

/** What may be known before a second step is set up. */
async function loadSettingUp(ask: Ask): Promise<Loaded> {
  const passkeys = await ask(() => latchkey.settings.passkeys.get())
  return { mustSetUp: { hasPasskeys: passkeys?.ok === true && passkeys.data.passkeys.length > 0 } }
}

import type { Migration } from 'kysely/migration'
import * as firstRelease from './migrations/2026-11-30-0000-first-release.ts'
import * as applications from './migrations/2026-12-01-0200-applications.ts'
import * as backChannelLogout from './migrations/2026-12-01-0500-back-channel-logout.ts'
import * as profile from './migrations/2026-12-01-0600-profile.ts'
import * as accountApps from './migrations/2026-12-01-0700-account-apps.ts'
import * as forwardAuth from './migrations/2026-12-01-0700-forward-auth.ts'
import * as invitation from './migrations/2026-12-01-0700-invitation.ts'

/** Every migration, under the name of its file: a list, so that the bundle contains them all. */
export const migrations: Record<string, Migration> = {
  '2026-11-30-0000-first-release': firstRelease,
  '2026-12-01-0200-applications': applications,
  '2026-12-01-0500-back-channel-logout': backChannelLogout,
  '2026-12-01-0600-profile': profile,
  '2026-12-01-0700-account-apps': accountApps,
  '2026-12-01-0700-forward-auth': forwardAuth,
  '2026-12-01-0700-invitation': invitation,
}

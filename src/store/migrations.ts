import type { Migration } from 'kysely/migration'
import * as firstRelease from './migrations/2026-11-30-0000-first-release.ts'
import * as profile from './migrations/2026-12-01-0600-profile.ts'
import * as invitation from './migrations/2026-12-01-0700-invitation.ts'

/** Every migration, under the name of its file: a list, so that the bundle contains them all. */
export const migrations: Record<string, Migration> = {
  '2026-11-30-0000-first-release': firstRelease,
  '2026-12-01-0600-profile': profile,
  '2026-12-01-0700-invitation': invitation,
}

import { insertGroups } from '../accounts/groups.ts'
import { insertProfiles } from '../accounts/profile.ts'
import { usernameKeyOf } from '../accounts/profile-fields.ts'
import { lockUsernames, takenUsernameKeys } from '../accounts/username.ts'
import { recordImportedAccounts } from '../activity/activity.ts'
import type { Settings } from '../config/settings.ts'
import type { Keyring } from '../keys/keyring.ts'
import { unusablePassword } from '../lib/password-hasher.ts'
import { newId } from '../lib/random.ts'
import type { Line } from '../lib/read-lines.ts'
import { sealTotpSecret } from '../mfa/totp/totp.ts'
import { lockEmails } from '../store/locks.ts'
import { mfaEpochOpened, mfaNeverOn, nextMfaEpoch } from '../store/mfa-state.ts'
import type { RunTransaction, Tx } from '../store/transaction.ts'
import { reservedAddresses } from '../undo/undo-token.ts'
import { type ParsedAccount, parseImportRecord } from './import-record.ts'

/** The result of an import. */
export interface ImportSummary {
  /** Lines that are not blank. */
  lines: number
  imported: number
  /** Lines whose account was imported before from an equal line, in this run or an earlier one. */
  already: number
  refused: number
}

/** Accounts per transaction: enough to be fast, few enough not to block the running service. */
const batchSize = 200

const fingerprintPurpose = 'import'
const addressTaken = 'another account has this address'

/** A line with its account, or the reason why it was refused. */
interface ParsedLine {
  number: number
  account: ParsedAccount | { refused: string }
}

/**
 * Imports accounts, one per line. Trusts the operator that email addresses and phone numbers are
 * verified, and notifies no one.
 *
 * Each account keeps the fingerprint of its line, so an interrupted import can run again from the
 * start: accounts that exist stay unchanged.
 *
 * @param options.dryRun writes nothing; an address that occurs in several batches goes unnoticed
 * @param options.onRefused called for each refused line, in order, after earlier ones are committed
 * @param options.onProgress called after each commit
 */
export async function importAccounts(
  deps: {
    transaction: RunTransaction
    keyring: Keyring
    settings: Pick<Settings, 'profileAttributes'>
  },
  lines: AsyncIterable<Line>,
  options: {
    dryRun: boolean
    onRefused(line: number, reason: string): void
    onProgress(summary: ImportSummary, bytes: number): void
  },
): Promise<ImportSummary> {
  const summary: ImportSummary = { lines: 0, imported: 0, already: 0, refused: 0 }
  let batch: ParsedLine[] = []
  let bytes = 0

  for await (const line of lines) {
    bytes = line.bytesRead
    if (line.text?.trim() === '') continue
    const account = parseImportRecord(line.text, deps.settings.profileAttributes)
    batch.push({ number: line.number, account })
    if (batch.length === batchSize) await flushBatch()
  }
  await flushBatch()
  return summary

  async function flushBatch() {
    const outcomes = await importBatch(deps, batch, options.dryRun)
    for (const [index, { number }] of batch.entries()) {
      const outcome = outcomes[index] as LineOutcome
      summary.lines += 1
      if (typeof outcome === 'string') summary[outcome] += 1
      else {
        summary.refused += 1
        options.onRefused(number, outcome.refused)
      }
    }
    batch = []
    options.onProgress(summary, bytes)
  }
}

type LineOutcome = 'imported' | 'already' | { refused: string }

/** An account to import, from one line. */
interface Candidate {
  id: string
  account: ParsedAccount
  /** Its fingerprints under every key; the first is stored. */
  fingerprints: string[]
}

/** Imports a batch in one transaction. @returns the outcome of each line */
async function importBatch(
  { transaction, keyring }: { transaction: RunTransaction; keyring: Keyring },
  batch: ParsedLine[],
  dryRun: boolean,
) {
  const parsedLines = batch.map(({ account }): Candidate | { refused: string } =>
    'refused' in account
      ? account
      : {
          id: newId(),
          account,
          fingerprints: keyring.hashWithAllKeys(account.canonical, fingerprintPurpose),
        },
  )
  const candidates = parsedLines.filter(
    (candidate): candidate is Candidate => 'account' in candidate,
  )
  if (candidates.length === 0) return parsedLines as LineOutcome[]

  const decideAndInsert = async (tx: Tx) => {
    const outcomes = await decideOutcomes(tx, candidates)
    const accepted = candidates.filter((candidate) => outcomes.get(candidate) === 'imported')
    if (dryRun || accepted.length === 0) return outcomes
    const createdIds = await insertAccounts(tx, accepted)
    await insertImportedProfiles(
      tx,
      accepted.filter(({ id }) => createdIds.has(id)),
    )
    for (const candidate of accepted)
      if (!createdIds.has(candidate.id)) outcomes.set(candidate, { refused: addressTaken })
    return outcomes
  }
  const outcomes = await transaction(decideAndInsert)
  return parsedLines.map((candidate) =>
    'refused' in candidate ? candidate : (outcomes.get(candidate) as LineOutcome),
  )
}

/** Compares the candidates with existing accounts, and with each other. */
async function decideOutcomes(
  tx: Tx,
  candidates: Candidate[],
): Promise<Map<Candidate, LineOutcome>> {
  const emailKeys = candidates.map(({ account }) => account.email.key)
  await lockEmails(tx, ...emailKeys)
  const accounts = await tx
    .selectFrom('account')
    .select(['email_key', 'import_fingerprint'])
    .where((row) =>
      row.or([
        row('email_key', 'in', emailKeys),
        // The owner may have changed the address since an earlier run.
        row(
          'import_fingerprint',
          'in',
          candidates.flatMap(({ fingerprints }) => fingerprints),
        ),
      ]),
    )
    .execute()
  const reservations = await reservedAddresses(tx, emailKeys).select('email_key').execute()
  const reservedKeys = new Set(reservations.map(({ email_key }) => email_key))
  const usernames = candidates.flatMap(({ account }) => account.profile.preferredUsername ?? [])
  const takenUsernames =
    usernames.length > 0 ? await lockTakenUsernames(tx, usernames) : new Set<string>()
  const takenKeys = new Set(accounts.map(({ email_key }) => email_key))
  const knownFingerprints = new Set(accounts.map(({ import_fingerprint }) => import_fingerprint))

  const outcomes = new Map<Candidate, LineOutcome>()
  for (const candidate of candidates) {
    const { key } = candidate.account.email
    const { preferredUsername } = candidate.account.profile
    const usernameKey = preferredUsername === null ? null : usernameKeyOf(preferredUsername)
    const [fingerprint = ''] = candidate.fingerprints
    if (candidate.fingerprints.some((each) => knownFingerprints.has(each)))
      outcomes.set(candidate, 'already')
    else if (takenKeys.has(key)) outcomes.set(candidate, { refused: addressTaken })
    else if (reservedKeys.has(key)) {
      outcomes.set(candidate, {
        refused: 'another account can still get this address back by an undo',
      })
    } else if (usernameKey !== null && takenUsernames.has(usernameKey)) {
      outcomes.set(candidate, { refused: 'another account has this preferredUsername' })
    } else {
      outcomes.set(candidate, 'imported')
      takenKeys.add(key)
      if (usernameKey !== null) takenUsernames.add(usernameKey)
      knownFingerprints.add(fingerprint)
    }
  }
  return outcomes
}

async function lockTakenUsernames(tx: Tx, usernames: string[]): Promise<Set<string>> {
  await lockUsernames(tx, ...usernames)
  return takenUsernameKeys(tx, usernames)
}

async function insertImportedProfiles(tx: Tx, candidates: Candidate[]): Promise<void> {
  await insertProfiles(
    tx,
    candidates.map(({ id, account: { profile } }) => ({ account: id, profile })),
  )
  await insertGroups(
    tx,
    candidates.map(({ id, account: { groups } }) => ({ account: id, groups })),
  )
}

/** @returns ids of the created accounts: all but those whose address was taken concurrently */
async function insertAccounts(tx: Tx, candidates: Candidate[]): Promise<Set<string>> {
  const at = tx.now()
  const rows = await tx
    .insertInto('account')
    .values(candidates.map((candidate) => accountRowOf(candidate, at)))
    .onConflict((conflict) => conflict.doNothing())
    .returning('id')
    .execute()
  const createdIds = new Set(rows.map(({ id }) => id))
  const inserted = candidates.filter(({ id }) => createdIds.has(id))
  const withTotp = inserted.filter(({ account }) => account.totpSecret !== undefined)
  if (withTotp.length > 0) {
    const totpSecrets = withTotp.map(({ id, account }) => ({
      id: newId(),
      account_id: id,
      secret_sealed: sealTotpSecret(tx.keyring, id, account.totpSecret ?? ''),
      created_at: at,
      confirmed_at: at,
      last_step: null,
      removed_at: null,
      mfa_epoch: importedEpochOf(account),
    }))
    await tx.insertInto('totp_secret').values(totpSecrets).execute()
  }
  await recordImportedAccounts(
    tx,
    inserted.map(({ id, account: { mfaMethod } }) => ({
      account: id,
      detail: { imported: true, mfaMethod },
    })),
  )
  return createdIds
}

/**
 * The MFA epoch of an imported account, to which its app and mailbox belong: its first one, or none
 * while MFA is off.
 */
function importedEpochOf({ mfaMethod }: Pick<ParsedAccount, 'mfaMethod'>): number | null {
  return mfaMethod === null ? null : nextMfaEpoch(mfaNeverOn)
}

function accountRowOf({ id, account, fingerprints }: Candidate, at: number) {
  const { email, mfaMethod, phoneNumber } = account
  const createdAt = account.createdAt ?? at
  return {
    id,
    email: email.address,
    email_key: email.key,
    password_hash: account.passwordHash ?? unusablePassword(),
    password_changed_at: createdAt,
    phone_number: phoneNumber,
    phone_verified_at: phoneNumber === null ? null : at,
    // A number is only a method if the record says so: it need not have been proven for that.
    phone_mfa_since: mfaMethod === 'sms' ? at : null,
    phone_mfa_epoch: mfaMethod === 'sms' ? importedEpochOf(account) : null,
    mfa_email: account.mfaEmail,
    mfa_email_epoch: account.mfaEmail === null ? null : importedEpochOf(account),
    ...mfaNeverOn,
    ...(mfaMethod !== null && mfaEpochOpened(mfaNeverOn, mfaMethod, { at, settlesAt: at })),
    credential_version: 1,
    created_at: createdAt,
    language: account.language,
    import_fingerprint: fingerprints[0] ?? null,
  }
}

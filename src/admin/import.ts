import { serializeAddresses } from '../accounts/email.ts'
import { recordImported } from '../activity/activity.ts'
import { now } from '../lib/clock.ts'
import type { Keys } from '../lib/keys.ts'
import type { Line } from '../lib/lines.ts'
import { noPassword } from '../lib/passwords.ts'
import { newId } from '../lib/random.ts'
import { sealSecret } from '../mfa/methods/authenticator.ts'
import type { Db, Tx } from '../store/open.ts'
import { transaction } from '../store/transaction.ts'
import { type GivenAccount, parseAccountLine } from './account-line.ts'

/** What came of an import. */
export interface Imported {
  /** Lines with something in them. */
  lines: number
  imported: number
  /** From the same line of an earlier run. */
  already: number
  refused: number
}

/** Accounts a commit: quick with many, and the service waits no longer than it takes for one. */
const batchSize = 200

const purpose = 'import'
const taken = 'another account has this address'

/** A line, and the account in it or why there is none. */
interface ReadLine {
  number: number
  given: GivenAccount | { refused: string }
}

/**
 * Brings accounts over, one a line, on the operator's word that the addresses and numbers are their
 * owners'. Nobody is told.
 *
 * Every account keeps the fingerprint of its line, so that the same lines can be brought again, from
 * the beginning, after whatever ended an import: what is there stays as it is by now.
 *
 * @param how.check writes nothing; an address that stands in several lines goes unnoticed then
 * @param how.refuse is told of each line that is refused, in order, once those before are committed
 * @param how.progress is told after each commit
 */
export async function importAccounts(
  house: { db: Db; keys: Keys },
  lines: AsyncIterable<Line>,
  how: {
    check: boolean
    refuse(line: number, reason: string): void
    progress(done: Imported, bytes: number): void
  },
): Promise<Imported> {
  const done: Imported = { lines: 0, imported: 0, already: 0, refused: 0 }
  let batch: ReadLine[] = []
  let bytes = 0

  for await (const line of lines) {
    bytes = line.bytes
    if (line.text?.trim() === '') continue
    batch.push({ number: line.number, given: parseAccountLine(line.text) })
    if (batch.length === batchSize) await finishBatch()
  }
  await finishBatch()
  return done

  async function finishBatch() {
    const outcomes = await bring(house, batch, how.check)
    for (const [index, { number }] of batch.entries()) {
      const outcome = outcomes[index] as Outcome
      done.lines += 1
      if (typeof outcome === 'string') done[outcome] += 1
      else {
        done.refused += 1
        how.refuse(number, outcome.refused)
      }
    }
    batch = []
    how.progress(done, bytes)
  }
}

type Outcome = 'imported' | 'already' | { refused: string }

/** An account on its way in. */
interface Candidate {
  id: string
  given: GivenAccount
  /** Its fingerprints under every key; the first is stored. */
  marks: string[]
}

/** Brings a batch in one commit. @returns what came of each line */
async function bring({ db, keys }: { db: Db; keys: Keys }, batch: ReadLine[], check: boolean) {
  const read = batch.map(({ given }): Candidate | { refused: string } =>
    'refused' in given
      ? given
      : { id: newId(), given, marks: keys.hashes(given.canonical, purpose) },
  )
  const candidates = read.filter((one): one is Candidate => 'given' in one)
  if (candidates.length === 0) return read as Outcome[]

  const decide = async (tx: Tx) => {
    const outcomes = await compare(tx, candidates)
    const fresh = candidates.filter((one) => outcomes.get(one) === 'imported')
    if (check || fresh.length === 0) return outcomes
    const created = await create(tx, keys, fresh)
    for (const one of fresh) if (!created.has(one.id)) outcomes.set(one, { refused: taken })
    return outcomes
  }
  const outcomes = await transaction(db, decide)
  return read.map((one) => ('refused' in one ? one : (outcomes.get(one) as Outcome)))
}

/** Holds the candidates against what is there, and against each other. */
async function compare(tx: Tx, candidates: Candidate[]): Promise<Map<Candidate, Outcome>> {
  const emailKeys = candidates.map(({ given }) => given.email.key)
  await serializeAddresses(tx, ...emailKeys)
  const accounts = await tx
    .selectFrom('account')
    .select(['email_key', 'import_fingerprint'])
    .where((row) =>
      row.or([
        row('email_key', 'in', emailKeys),
        // Its owner may have another address by now.
        row(
          'import_fingerprint',
          'in',
          candidates.flatMap(({ marks }) => marks),
        ),
      ]),
    )
    .execute()
  const mayComeBack = await tx
    .selectFrom('undo_token')
    .select('email_key')
    .where('email_key', 'in', emailKeys)
    .where('ended_at', 'is', null)
    .where('expires_at', '>', now())
    .execute()
  const reserved = new Set(mayComeBack.map(({ email_key }) => email_key))
  const addresses = new Set(accounts.map(({ email_key }) => email_key))
  const known = new Set(accounts.map(({ import_fingerprint }) => import_fingerprint))

  const outcomes = new Map<Candidate, Outcome>()
  for (const one of candidates) {
    const { key } = one.given.email
    const [mark = ''] = one.marks
    if (one.marks.some((each) => known.has(each))) outcomes.set(one, 'already')
    else if (addresses.has(key)) outcomes.set(one, { refused: taken })
    else if (reserved.has(key)) {
      outcomes.set(one, { refused: 'the address may still come back to another account' })
    } else {
      outcomes.set(one, 'imported')
      addresses.add(key)
      known.add(mark)
    }
  }
  return outcomes
}

/** @returns ids of those that there are now: all, unless an address was taken this very moment */
async function create(tx: Tx, keys: Keys, candidates: Candidate[]): Promise<Set<string>> {
  const at = now()
  const rows = await tx
    .insertInto('account')
    .values(candidates.map((one) => accountRow(one, at)))
    .onConflict((conflict) => conflict.doNothing())
    .returning('id')
    .execute()
  const created = new Set(rows.map(({ id }) => id))
  const there = candidates.filter(({ id }) => created.has(id))
  const withApp = there.filter(({ given }) => given.totpSecret !== undefined)
  if (withApp.length > 0) {
    const apps = withApp.map(({ id, given }) => ({
      id: newId(),
      account_id: id,
      secret_sealed: sealSecret(keys, id, given.totpSecret ?? ''),
      created_at: at,
      confirmed_at: at,
      last_step: null,
      removed_at: null,
    }))
    await tx.insertInto('totp_secret').values(apps).execute()
  }
  await recordImported(
    tx,
    there.map(({ id, given: { mfaMethod } }) => ({
      account: id,
      detail: { imported: true, mfaMethod },
    })),
  )
  return created
}

function accountRow({ id, given, marks }: Candidate, at: number) {
  const { email, mfaMethod, phoneNumber } = given
  const createdAt = given.createdAt ?? at
  return {
    id,
    email: email.address,
    email_key: email.key,
    password_hash: given.passwordHash ?? noPassword(),
    password_changed_at: createdAt,
    phone_number: phoneNumber,
    phone_verified_at: phoneNumber === null ? null : at,
    mfa_email: given.mfaEmail,
    mfa_on_since: mfaMethod === null ? null : at,
    mfa_method: mfaMethod,
    mfa_changed_at: mfaMethod === null ? null : at,
    credential_version: 1,
    created_at: createdAt,
    language: given.language,
    import_fingerprint: marks[0] ?? null,
  }
}

import { CompiledQuery, type DatabaseConnection, type Driver, type QueryResult } from 'kysely'
import { createSemaphore } from '../lib/semaphore.ts'

/** A synchronous connection to a SQLite file. */
export interface SqliteConnection {
  /** Runs one statement to its end. */
  run<Row>(query: CompiledQuery): QueryResult<Row>
  /** Runs one statement, once no other connection has the file locked. The event loop turns meanwhile. */
  runWhenUnlocked<Row>(query: CompiledQuery): Promise<QueryResult<Row>>
  /** Whether a transaction is open. SQLite ends one by itself after some errors. */
  readonly isTransaction: boolean
  close(): void
}

/**
 * Kysely’s driver for a SQLite file, whose transactions share commits: most of the time of a
 * transaction is the wait until its commit is on the disk, and the disk takes no longer for thirty.
 *
 * **A group** is one transaction of SQLite. The first member opens it by `begin immediate`. Each member
 * is a savepoint in it, and a member is what its caller knows as a transaction, or one write outside of
 * transactions. `commit` comes at the end of this turn of the event loop (`setImmediate`), when every
 * call that had arrived has had its part. A member that is still running then finishes first, and none
 * joins after it; nor after `maxMembers`.
 *
 * **What an answer means.** Every member’s promise settles after the group’s commit is on the disk, so
 * no caller gets an answer that a power failure could take back. That includes members that only read
 * and members that rolled back, because what they saw may be a change of a neighbour: “this address is
 * taken” would be wrong if the neighbour’s commit failed. Plain reads do not wait. They run on a
 * connection of their own, which sees committed transactions only, and SQLite shows a commit to other
 * connections once it is on the disk (`synchronous = full`). A plain read sees every change that was
 * answered before it.
 *
 * **Members run one after another**, from savepoint to release, even if they await something else in
 * between. Savepoints form a stack: were two members open at once, the rollback of the first would take
 * the second one with it. As one runs at a time, a rollback undoes exactly its own statements, and
 * members are serializable, as transactions on SQLite are.
 *
 * **A commit that fails** rolls back the whole group. Every member fails with the error of the commit,
 * `unavailable` for a full or failing disk: its client gets a 503 and may try again. Nothing is half
 * done, and nobody was answered. If SQLite rolls back the transaction in the middle of a member, the group
 * fails likewise. The next member opens a new group.
 *
 * **What a member cannot break.** An error of a statement undoes that statement, and a rollback its
 * member. A deferred constraint could fail at the commit, and so fail neighbours: the schema has none.
 * The other writers of the file wait for `begin immediate`, a few milliseconds at most.
 * Statements that cannot run in a transaction (`vacuum`, `pragma`) end the group first.
 *
 * `begin immediate` and `commit` run as statements of the member that opened the group, so an observer
 * of its connection (instrumentation.ts) counts each commit once, with its time on the disk.
 */
export class GroupCommitDriver implements Driver {
  readonly #writer: SqliteConnection
  readonly #reader: SqliteConnection
  /** Held by the member that runs on the writer, or by a statement that must be alone. */
  readonly #turn = createSemaphore(1)
  readonly #idle: GroupedConnection[] = []
  #group: Group | undefined
  /** A member is between its savepoint and its end. */
  #isMemberRunning = false

  /** @param connections to one file; `reader` runs the plain reads, and may be the writer itself */
  constructor({ writer, reader }: { writer: SqliteConnection; reader: SqliteConnection }) {
    this.#writer = writer
    this.#reader = reader
  }

  async init(): Promise<void> {}

  async acquireConnection(): Promise<GroupedConnection> {
    return this.#idle.pop() ?? new GroupedConnection((query, by) => this.#execute(query, by))
  }

  async releaseConnection(connection: GroupedConnection): Promise<void> {
    this.#idle.push(connection)
  }

  async beginTransaction(connection: GroupedConnection): Promise<void> {
    await this.#turn.acquire()
    try {
      if (this.#group?.isFull) await settled(this.#group)
      this.#isMemberRunning = true
      this.#group ??= await this.#open(connection)
      this.#runAsMember(this.#group, savepoint)
      this.#group.join()
      connection.group = this.#group
    } catch (error) {
      this.#endTurn()
      throw error
    }
  }

  async commitTransaction(connection: GroupedConnection): Promise<void> {
    // If this fails, the connection keeps its group, and Kysely rolls back.
    if (connection.group) this.#runAsMember(connection.group, release)
    await this.#leave(connection)
  }

  async rollbackTransaction(connection: GroupedConnection): Promise<void> {
    // Kysely also rolls back after a failed commit: by now the savepoint is a neighbour’s, or none.
    const { group } = connection
    if (!group) return
    try {
      this.#runAsMember(group, rollbackToSavepoint)
      this.#runAsMember(group, release)
    } catch (error) {
      // Changes that could not be undone must not be committed.
      this.#fail(group, error)
    }
    await this.#leave(connection)
  }

  async destroy(): Promise<void> {
    await this.#alone(() => {
      this.#reader.close()
      this.#writer.close()
    })
  }

  async #execute<Row>(query: CompiledQuery, by: GroupedConnection): Promise<QueryResult<Row>> {
    if (query === begin) return this.#writer.runWhenUnlocked(query)
    if (query === commit) return this.#writer.run(query)
    if (by.group) return this.#runAsMember(by.group, query)
    if (/^\s*select\b/i.test(query.sql)) return this.#reader.runWhenUnlocked(query)
    if (!/^\s*(insert|update|delete|with)\b/i.test(query.sql)) {
      return this.#alone(() => this.#writer.runWhenUnlocked(query))
    }
    return this.#runWrite(query, by)
  }

  /** Runs a write outside of transactions, as Kysely runs a transaction. */
  async #runWrite<Row>(query: CompiledQuery, by: GroupedConnection): Promise<QueryResult<Row>> {
    await this.beginTransaction(by)
    try {
      const result = await this.#execute<Row>(query, by)
      await this.commitTransaction(by)
      return result
    } catch (error) {
      await this.rollbackTransaction(by)
      throw error
    }
  }

  #runAsMember<Row>(group: Group, query: CompiledQuery): QueryResult<Row> {
    // Without its transaction, a statement would commit by itself.
    if (group.failure) throw group.failure
    try {
      return this.#writer.run(query)
    } catch (error) {
      if (!this.#writer.isTransaction) this.#fail(group, error)
      throw error
    }
  }

  /** Ends a member’s part of the group, and waits for the commit. @throws the error of the commit */
  async #leave(connection: GroupedConnection): Promise<void> {
    const { group } = connection
    connection.group = undefined
    this.#endTurn()
    await group?.committed
  }

  #endTurn(): void {
    this.#isMemberRunning = false
    if (this.#group?.isOverdue) this.#commit(this.#group)
    this.#turn.release()
  }

  async #open(opener: GroupedConnection): Promise<Group> {
    await opener.executeQuery(begin)
    const group = new Group(opener)
    setImmediate(() => {
      if (this.#group !== group) return
      if (this.#isMemberRunning) group.isOverdue = true
      else this.#commit(group)
    })
    return group
  }

  #commit(group: Group): void {
    this.#group = undefined
    // Runs at once. Only its result is a promise.
    const result = group.opener.executeQuery(commit)
    if (this.#writer.isTransaction) this.#writer.run(rollback)
    result.then(
      () => group.succeed(),
      (error) => group.fail(error),
    )
  }

  #fail(group: Group, error: unknown): void {
    this.#group = undefined
    group.fail(error)
    if (this.#writer.isTransaction) this.#writer.run(rollback)
  }

  /** Runs work outside of any transaction. */
  #alone<Result>(work: () => Result | Promise<Result>): Promise<Result> {
    return this.#turn.run(async () => {
      if (this.#group) {
        const group = this.#group
        this.#commit(group)
        await settled(group)
      }
      return work()
    })
  }
}

/**
 * The most members that share a commit; the others wait for the next one, and responses leave in between.
 * More than 64 would gain next to nothing, and keep the event loop for tens of milliseconds.
 */
const maxMembers = 64

class Group {
  /** Ran `begin`, and runs `commit`. */
  readonly opener: GroupedConnection
  /** Settles with the commit. */
  readonly committed: Promise<void>
  readonly succeed: () => void
  /** Its turn of the event loop is over. */
  isOverdue = false
  failure: unknown
  readonly #reject: (error: unknown) => void
  #members = 0

  constructor(opener: GroupedConnection) {
    this.opener = opener
    const { promise, resolve, reject } = Promise.withResolvers<void>()
    this.committed = promise
    this.succeed = resolve
    this.#reject = reject
    // A member that is still running learns of it by its next statement.
    promise.catch(() => {})
  }

  get isFull(): boolean {
    return this.#members >= maxMembers
  }

  join(): void {
    this.#members += 1
  }

  fail(error: unknown): void {
    this.failure = error
    this.#reject(error)
  }
}

const settled = ({ committed }: Group) => committed.catch(() => {})

/** A connection as Kysely knows it. All of them share the two of the driver. */
class GroupedConnection implements DatabaseConnection {
  /** While it is in a transaction. */
  group: Group | undefined
  readonly #execute: <Row>(query: CompiledQuery, by: GroupedConnection) => Promise<QueryResult<Row>>

  constructor(
    execute: <Row>(query: CompiledQuery, by: GroupedConnection) => Promise<QueryResult<Row>>,
  ) {
    this.#execute = execute
  }

  executeQuery<Row>(query: CompiledQuery): Promise<QueryResult<Row>> {
    return this.#execute(query, this)
  }

  streamQuery(): never {
    throw new Error('Rows of SQLite are not streamed.')
  }
}

const begin = CompiledQuery.raw('begin immediate')
const commit = CompiledQuery.raw('commit')
const rollback = CompiledQuery.raw('rollback')
const savepoint = CompiledQuery.raw('savepoint member')
const release = CompiledQuery.raw('release member')
const rollbackToSavepoint = CompiledQuery.raw('rollback to member')

import { DatabaseSync } from 'node:sqlite'
import { Client } from 'pg'

/** A connection beside the service, to fill a database and look into it. */
export interface Sql {
  /** Runs one statement. @returns its rows */
  run(statement: string): Promise<Row[]>
  /** Gives freed space back, and lets the database learn how its tables are filled, as it does in time. */
  settle(): Promise<void>
  /** The size of the database in bytes. */
  size(): Promise<number>
  close(): Promise<void>
}

export type Row = Record<string, unknown>

/** @param url `sqlite:<file>` or `postgres://…` */
export function openSql(url: string): Promise<Sql> {
  return url.startsWith('sqlite:') ? openSqlite(url.slice('sqlite:'.length)) : openPostgres(url)
}

async function openSqlite(file: string): Promise<Sql> {
  const db = new DatabaseSync(file, { timeout: 5000, enableForeignKeyConstraints: false })
  db.exec('pragma synchronous = off')
  const read = (pragma: string) => Number(Object.values(db.prepare(pragma).get() ?? {})[0])
  return {
    run: async (statement) => db.prepare(statement).all(),
    settle: async () => db.exec('pragma wal_checkpoint(truncate)'),
    size: async () =>
      (read('pragma page_count') - read('pragma freelist_count')) * read('pragma page_size'),
    close: async () => db.close(),
  }
}

async function openPostgres(url: string): Promise<Sql> {
  const client = new Client({ connectionString: url })
  await client.connect()
  // Neither checks foreign keys nor waits for the disk.
  await client.query('set session_replication_role = replica; set synchronous_commit = off')
  return {
    run: async (statement) => (await client.query(statement)).rows,
    settle: async () => void (await client.query('vacuum analyze')),
    async size() {
      const { rows } = await client.query(
        `select sum(pg_total_relation_size(oid)) as size from pg_class
         where relkind = 'r' and relnamespace = 'public'::regnamespace`,
      )
      return Number(rows[0].size)
    },
    close: () => client.end(),
  }
}

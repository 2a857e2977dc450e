import { second } from '../lib/clock.ts'
import { isPrepareError } from './errors.ts'

/** Each connection keeps its prepared statements in memory. More than the service's own queries need. */
const maxStatements = 500

const preparable = /^(select|insert|update|delete|with)\b/i

/** A prepared `select *` fails once a migration has added a column. */
const selectsAll = /\b(select|returning) \*/i

/**
 * Names statements, so that PostgreSQL parses and plans each once per connection. Statements with the
 * same text have the same name.
 *
 * @returns the name of a statement; undefined for one that is not to be prepared
 */
export function createStatementNames(): (sql: string) => string | undefined {
  const names = new Map<string, string>()

  return (sql) => {
    const known = names.get(sql)
    if (known) return known
    // Lists of different lengths make different texts, without end.
    if (names.size >= maxStatements || !preparable.test(sql) || selectsAll.test(sql)) return
    const name = `latchkey_${names.size}`
    names.set(sql, name)
    return name
  }
}

const probe = { name: 'latchkey_probe', text: 'select 1' }

const connectionTimeoutMillis = 5 * second

/** How long a pooler may take to give out another connection. A pool of one has none. */
const otherConnectionMs = 2 * second

/**
 * Tries whether prepared statements work. They do not behind PgBouncer before 1.21 in transaction mode:
 * it runs each transaction on whatever connection is free, and does not prepare the statement there.
 *
 * @param url `postgres://…`
 */
export async function canPrepareStatements(url: string): Promise<boolean> {
  const { default: pg } = await import('pg')
  const client = new pg.Client({ connectionString: url, connectionTimeoutMillis })
  const other = new pg.Client({ connectionString: url, connectionTimeoutMillis })
  try {
    await Promise.all([client.connect(), other.connect()])
    await client.query(probe)
    // Occupies the connection that the pooler used last.
    await other.query('begin; select 1')
    const timer = setTimeout(() => other.query('rollback'), otherConnectionMs)
    await client.query(probe).finally(() => clearTimeout(timer))
    return true
  } catch (error) {
    if (isPrepareError(error)) return false
    throw error
  } finally {
    await Promise.all([client.end(), other.end()])
  }
}

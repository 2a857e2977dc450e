import type { Compilable, CompiledQuery } from 'kysely'
import type { Db } from './open.ts'
import type { Tx } from './transaction.ts'

/**
 * A query that is put together once, for what nearly every request asks: only its values change.
 * Putting it together takes three times as long as SQLite takes to answer.
 *
 * @param build makes it from places that stand for the values; it must not look into them
 * @returns asks for one row: undefined if there is none
 */
export function compileOnce<Values extends unknown[], Row>(
  build: (db: Db, ...values: Values) => Compilable<Row>,
): (db: Db | Tx, ...values: Values) => Promise<Row | undefined> {
  // The two databases are spoken to differently.
  const compiled = new WeakMap<object, CompiledQuery<Row>>()

  return async (db, ...values) => {
    const { adapter } = db.getExecutor()
    const query =
      compiled.get(adapter) ?? build(db, ...placeholders<Values>(build.length - 1)).compile()
    compiled.set(adapter, query)
    const parameters = query.parameters.map((parameter) =>
      parameter instanceof Placeholder ? values[parameter.index] : parameter,
    )
    const { rows } = await db.executeQuery<Row>({ ...query, parameters })
    return rows[0]
  }
}

class Placeholder {
  readonly index: number

  constructor(index: number) {
    this.index = index
  }
}

function placeholders<Values extends unknown[]>(count: number): Values {
  return Array.from({ length: count }, (_, index) => new Placeholder(index)) as Values
}

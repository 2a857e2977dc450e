import type { Compilable, CompiledQuery } from 'kysely'
import type { Db } from './open.ts'
import type { Tx } from './transaction.ts'

/**
 * Compiles a query once and runs it with other values each time, for queries of nearly every request:
 * compiling takes three times as long as SQLite takes to answer.
 *
 * @param build builds the query from its values, which are placeholders: it must not inspect them
 * @returns a function that runs the query with values and returns its rows. A list in the values may
 * have any length but 0.
 */
export function prepared<Values extends object, Row>(
  build: (db: Db, values: Values) => Compilable<Row>,
): (db: Db | Tx, values: Values) => Promise<Row[]> {
  // Compiled per database, because their SQL differs, and per shape of the values.
  const compiled = new WeakMap<object, Map<string, CompiledQuery<Row>>>()

  return async (db, values) => {
    const { adapter } = db.getExecutor()
    const queries = compiled.get(adapter) ?? new Map<string, CompiledQuery<Row>>()
    compiled.set(adapter, queries)
    const shape = shapeOf(values)
    const query = queries.get(shape) ?? build(db, placeholdersFor(values)).compile()
    queries.set(shape, query)
    const parameters = query.parameters.map((parameter) =>
      parameter instanceof Placeholder ? parameter.valueIn(values) : parameter,
    )
    return (await db.executeQuery<Row>({ ...query, parameters })).rows
  }
}

/** Stands for a value, or for an entry of a list. */
class Placeholder {
  readonly name: string
  readonly index: number | undefined

  constructor(name: string, index?: number) {
    this.name = name
    this.index = index
  }

  valueIn(values: object): unknown {
    const value = (values as Record<string, unknown>)[this.name]
    return this.index === undefined ? value : (value as unknown[])[this.index]
  }
}

/** Values of the same shape have the same SQL: the same names, and lists of the same lengths. */
function shapeOf(values: object): string {
  let shape = ''
  for (const [name, value] of Object.entries(values)) {
    shape += Array.isArray(value) ? `${name}[${value.length}] ` : `${name} `
  }
  return shape
}

function placeholdersFor<Values extends object>(values: Values): Values {
  return Object.fromEntries(
    Object.entries(values).map(([name, value]) => [
      name,
      Array.isArray(value)
        ? value.map((_, index) => new Placeholder(name, index))
        : new Placeholder(name),
    ]),
  ) as Values
}

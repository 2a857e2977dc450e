import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import ts from 'typescript'
import { migrate } from '../../src/store/migrate.ts'
import { openDatabase } from '../../src/store/open.ts'
import { createDatabase, databaseKinds } from '../support/database.ts'

/** Every table with its columns, each `text` or `number`, with `or null` if nullable. */
type Tables = Record<string, Record<string, string>>

for (const kind of databaseKinds) {
  test(`the tables on ${kind} match the types of the queries column by column`, async (t) => {
    const db = openDatabase(await createDatabase(t, kind))
    t.after(() => db.destroy())
    await migrate(db)
    const found: Tables = {}
    for (const { name, columns } of await db.introspection.getTables()) {
      found[name] = Object.fromEntries(
        columns.map((column) => {
          const type = plain[column.dataType.toLowerCase()] ?? column.dataType
          return [column.name, column.isNullable ? `${type} or null` : type]
        }),
      )
    }
    assert.deepEqual(sortTables(found), sortTables(declaredTables()))
  })
}

/** The names of both databases for the two types. */
const plain: Record<string, string> = {
  text: 'text',
  integer: 'number',
  int4: 'number',
  bigint: 'number',
  int8: 'number',
}

/** The tables as src/store/schema.ts declares them. */
function declaredTables(): Tables {
  const file = join(import.meta.dirname, '../../src/store/schema.ts')
  const source = ts.createSourceFile(file, readFileSync(file, 'utf8'), ts.ScriptTarget.Latest)
  const members = new Map<string, Record<string, string>>()
  for (const statement of source.statements) {
    if (!ts.isInterfaceDeclaration(statement)) continue
    const properties = statement.members.filter(ts.isPropertySignature).map((property) => {
      const name = property.name.getText(source)
      return [name, property.type ? typeOf(property.type, source) : ''] as const
    })
    members.set(statement.name.text, Object.fromEntries(properties))
  }
  const tables = Object.entries(members.get('Schema') ?? {})
  assert.ok(tables.length > 0)
  return Object.fromEntries(tables.map(([table, name]) => [table, members.get(name) ?? {}]))
}

function typeOf(node: ts.TypeNode, source: ts.SourceFile): string {
  const parts = (ts.isUnionTypeNode(node) ? [...node.types] : [node]).map((part) => {
    if (part.kind === ts.SyntaxKind.StringKeyword) return 'text'
    if (part.kind === ts.SyntaxKind.NumberKeyword) return 'number'
    if (!ts.isLiteralTypeNode(part)) return part.getText(source)
    return part.literal.kind === ts.SyntaxKind.NullKeyword ? 'null' : 'text'
  })
  return [...new Set(parts)].join(' or ')
}

function sortTables(tables: Tables): Tables {
  const byName = <Value>(object: Record<string, Value>) =>
    Object.fromEntries(Object.entries(object).sort(([a], [b]) => (a < b ? -1 : 1)))
  return byName(Object.fromEntries(Object.entries(tables).map(([name, c]) => [name, byName(c)])))
}

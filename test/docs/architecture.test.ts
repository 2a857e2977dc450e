/** Holds docs/architecture.md to the tree, the import rules, the code and the schema. */
import assert from 'node:assert/strict'
import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import { codeBlock, readPage, root } from '../support/markdown.ts'

const path = 'docs/architecture.md'
const page = readPage(path)
const schema = readFileSync(join(root, 'src/store/schema.ts'), 'utf8')

/** The text under a heading, up to the next one. */
function sectionOf(heading: string): string {
  const [, section] = page.split(new RegExp(`^##+ ${RegExp.escape(heading)}$`, 'm'))
  assert.ok(section, `${path} has no heading “${heading}”`)
  return section.split(/^##/m)[0] ?? ''
}

/** The columns of each table whose names match, as `table.column`. */
function columnsOf(pattern: string): string[] {
  const tables = [...schema.matchAll(/^ {2}(\w+): (\w+Table)$/gm)]
  return tables.flatMap(([, name, type]) => {
    const body = new RegExp(`interface ${type} \\{(.*?)^\\}`, 'ms').exec(schema)?.[1] ?? ''
    const columns = body.matchAll(new RegExp(`^ {2}(${pattern}):`, 'gm'))
    return [...columns].map(([, column]) => `${name}.${column}`)
  })
}

test('the tree on the page matches src/', () => {
  const tree = codeBlock(path, 'text', 'src/')
  const onPage = [...tree.matchAll(/^ {2}([\w./-]+) /gm)].map(([, name]) => name)
  const actual = readdirSync(join(root, 'src'), { withFileTypes: true }).map((entry) =>
    entry.isDirectory() ? `${entry.name}/` : entry.name,
  )
  assert.deepEqual(onPage.sort(), actual.sort())
})

test('the table of purposes names a different existing file for each of thirty or more purposes', () => {
  const rows = [...sectionOf('Where to find it').matchAll(/^\| (.+) \| `(src\/[\w/.-]+)` \|$/gm)]
  const [purposes, files] = [rows.map(([, purpose]) => purpose), rows.map(([, , file]) => file)]
  assert.ok(rows.length >= 30, `${rows.length} rows`)
  assert.equal(new Set(purposes).size, rows.length, 'a purpose is there twice')
  assert.equal(new Set(files).size, rows.length, 'a file is there twice')
  for (const file of files) assert.ok(existsSync(join(root, file ?? '')), file)
})

test('the layers on the page match the import rules', () => {
  const rules = readFileSync(join(root, '.dependency-cruiser.mjs'), 'utf8')
  const layers = codeBlock(path, 'text', 'cli →').replace(/\s+/g, ' ')
  for (const kind of ['above', 'feature', 'service']) {
    const names = new RegExp(`const ${kind} =\\s+'\\^src/\\(([^)]+)\\)/'`)
      .exec(rules)?.[1]
      ?.split('|')
    assert.ok(names, kind)
    assert.ok(layers.includes(`→ ${names.join(', ')} →`), `${kind}: ${names.join(', ')}`)
  }
})

test('each step of the walk names a function of its file, in at most six steps', () => {
  const walk = sectionOf('`DELETE /settings/MfaSignIn` step by step')
  const steps = [...walk.matchAll(/^\d+\. \*\*`(src\/[\w/.-]+)`\*\*, `(\w+)`/gm)]
  assert.equal(steps.length, [...walk.matchAll(/^\d+\. /gm)].length, 'a step names no function')
  assert.ok(steps.length >= 5 && steps.length <= 6, `${steps.length} steps`)
  for (const [, file = '', name = ''] of steps) {
    const source = readFileSync(join(root, file), 'utf8')
    const definition = new RegExp(`(function|async|const) ${name}\\b`)
    assert.match(source, definition, `${name} in ${file}`)
  }
})

test('the members of the transaction context on the page match the code', () => {
  const source = readFileSync(join(root, 'src/store/transaction.ts'), 'utf8')
  const [, body = ''] = /interface TransactionContext \{(.*?)^\}/ms.exec(source) ?? []
  const members = [...body.matchAll(/^ {2}(?:readonly )?(\w+)[(:]/gm)].map(([, name]) => name)
  const rows = sectionOf('The transaction context').matchAll(/^\| `tx\.(\w+)/gm)
  const onPage = [...rows].map(([, name]) => name)
  assert.deepEqual(onPage.sort(), members.sort())
})

test('the table of what a raised credential version voids lists every table that has one', () => {
  const rows = sectionOf('The credential version').matchAll(/^\| `(\w+)` \|/gm)
  const onPage = [...new Set([...rows].map(([, table]) => `${table}.credential_version`))]
  const carriers = columnsOf('credential_version').filter(
    (column) => !column.startsWith('account.'),
  )
  assert.deepEqual(onPage.sort(), carriers.sort())
})

test('the page names every hashed or sealed column and no other', () => {
  const section = sectionOf('Where secrets are')
  const onPage = [...section.matchAll(/`(\w+\.\w+_(?:hash|sealed))`/g)].map(([, name]) => name)
  assert.deepEqual(onPage.sort(), columnsOf('\\w+_(?:hash|sealed)').sort())
})

/** A map of a house that was rebuilt is worse than none. */
import assert from 'node:assert/strict'
import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import { codeBlock, readPage, root } from '../support/markdown.ts'

const page = readPage('docs/architecture.md')

test('the rooms on the map are those of the house', () => {
  const map = codeBlock('docs/architecture.md', 'text', 'src/')
  const drawn = [...map.matchAll(/^ {2}([\w./-]+) /gm)].map(([, name]) => name)
  const built = readdirSync(join(root, 'src'), { withFileTypes: true }).map((entry) =>
    entry.isDirectory() ? `${entry.name}/` : entry.name,
  )
  assert.deepEqual(drawn.sort(), built.sort())
})

test('the arrows are those that the import rules know', async () => {
  const rules = readFileSync(join(root, '.dependency-cruiser.mjs'), 'utf8')
  const arrows = codeBlock('docs/architecture.md', 'text', 'main →').replace(/\s+/g, ' ')
  for (const kind of ['above', 'feature', 'service']) {
    const names = new RegExp(`const ${kind} = '\\^src/\\(([^)]+)\\)/'`).exec(rules)?.[1]?.split('|')
    assert.ok(names, kind)
    assert.ok(arrows.includes(`→ ${names.join(', ')} →`), `${kind}s: ${names.join(', ')}`)
  }
})

test('each step of the walk names a function that its file has', () => {
  const steps = page.matchAll(/^\d\. \*\*`(src\/[\w/.-]+)`\*\*, `(\w+)`/gm)
  let walked = 0
  for (const [, file = '', name = ''] of steps) {
    const source = readFileSync(join(root, file), 'utf8')
    assert.match(source, new RegExp(`(function|async) ${name}[(<]`), `${name} in ${file}`)
    walked += 1
  }
  assert.equal(walked, 6)
})

test('every column that the page says holds a secret exists, and no sealed one is missing', () => {
  const schema = readFileSync(join(root, 'src/store/schema.ts'), 'utf8')
  const table = page.slice(page.indexOf('## Where secrets are'))
  const told = [...table.matchAll(/`(\w+\.\w+_(?:hash|sealed))`/g)].map(([, name]) => name)
  const tables = [...schema.matchAll(/^ {2}(\w+): (\w+Table)$/gm)]
  const real = tables.flatMap(([, name, type]) => {
    const body = new RegExp(`interface ${type} \\{(.*?)^\\}`, 'ms').exec(schema)?.[1] ?? ''
    const columns = body.matchAll(/^ {2}(\w+_(?:hash|sealed)):/gm)
    return [...columns].map(([, column]) => `${name}.${column}`)
  })
  assert.deepEqual(told.sort(), real.sort())
})

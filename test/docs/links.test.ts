/** The links of the pages, and the tests and files that they name. */
import assert from 'node:assert/strict'
import { existsSync, readFileSync, statSync } from 'node:fs'
import { dirname, join, normalize } from 'node:path'
import { test } from 'node:test'
import {
  anchorsIn,
  linksIn,
  listMarkdownFiles,
  proseOf,
  readPage,
  root,
} from '../support/markdown.ts'

const isOutside = (target: string) => /^[a-z]+:/.test(target)

for (const page of listMarkdownFiles()) {
  test(`every link of ${page} resolves`, () => {
    for (const { text, target } of linksIn(readPage(page))) {
      if (isOutside(target)) continue
      const [path = '', anchor] = target.split('#')
      const file = path === '' ? page : normalize(join(dirname(page), path))
      const shown = `[${text}](${target})`
      assert.ok(!file.startsWith('..') && existsSync(join(root, file)), `${shown} is broken`)
      if (anchor === undefined) continue
      assert.ok(file.endsWith('.md'), `${shown} has an anchor, but is not a page`)
      assert.ok(anchorsIn(readPage(file)).has(anchor), `${shown}: no such heading`)
    }
  })

  test(`every test that ${page} names exists`, () => {
    for (const { text, target } of linksIn(readPage(page))) {
      const file = join(root, dirname(page), target)
      const title = text.replaceAll('`', '')
      // The text of a link to a whole file is its path.
      if (!target.endsWith('.test.ts') || title.endsWith('.test.ts')) continue
      assert.ok(titles(file).has(title), `${target} has no test “${title}”`)
    }
  })

  test(`every file that ${page} names exists`, () => {
    const named = proseOf(readPage(page)).matchAll(
      /`((?:src|test|docs|scripts|bench|bin|runtime)\/[\w./-]*)`/g,
    )
    for (const [, path = ''] of named) assert.ok(existsSync(join(root, path)), path)
  })
}

test('docs/README.md lists every page of docs/', () => {
  const mapped = new Set(linksIn(readPage('docs/README.md')).map(({ target }) => `docs/${target}`))
  for (const page of listMarkdownFiles()) {
    if (page.startsWith('docs/') && page !== 'docs/README.md') assert.ok(mapped.has(page), page)
  }
})

test('links to folders end with a slash, and no others do', () => {
  for (const page of listMarkdownFiles()) {
    for (const { target } of linksIn(readPage(page))) {
      if (isOutside(target) || target.startsWith('#')) continue
      const file = join(root, dirname(page), target.split('#')[0] ?? '')
      assert.equal(statSync(file).isDirectory(), target.endsWith('/'), `${page}: ${target}`)
    }
  }
})

const known = new Map<string, Set<string>>()

/** The titles of a file's tests. `${…}` in a title matches any text of the page. */
function titles(file: string): { has(title: string): boolean } {
  const found = known.get(file) ?? read(file)
  known.set(file, found)
  return {
    has: (title) =>
      found.has(title) ||
      [...found].some((pattern) => pattern.includes('${') && fits(pattern)(title)),
  }
}

function read(file: string): Set<string> {
  const source = readFileSync(file, 'utf8')
  const calls = source.matchAll(/\b(?:test|it)\(\s*(['"`])(.*?)(?<!\\)\1/gs)
  return new Set([...calls].map(([, , title = '']) => title.replace(/\\(.)/g, '$1')))
}

function fits(pattern: string): (title: string) => boolean {
  const parts = pattern.split(/\$\{[^}]*\}/).map((part) => RegExp.escape(part))
  const whole = new RegExp(`^${parts.join('.+')}$`)
  return (title) => whole.test(title)
}

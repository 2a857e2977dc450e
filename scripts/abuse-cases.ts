/** Makes docs/abuse-cases.md from the tests, so that no case is told without a test. */
import { globSync, readFileSync } from 'node:fs'

interface AbuseCase {
  section: string
  /** What went wrong. */
  words: string
  /** The title of the test that would have caught it. */
  test: string
  file: string
}

/** scripts/abuse-cases.md, with the cases that our tests tell of below their headings. */
export function abuseCasesPage(): string {
  const files = globSync('test/**/*.test.ts').sort()
  const cases = files.flatMap((file) => abuseCasesIn(file, readFileSync(file, 'utf8')))
  return withCases(readFileSync('scripts/abuse-cases.md', 'utf8'), cases)
}

/**
 * The cases of one file: `// Abuse case (Section): words` directly above a test whose title is
 * written out. A case may take several lines, and a test prove several.
 *
 * @throws Error for a comment that looks like a case and is none
 */
export function abuseCasesIn(file: string, source: string): AbuseCase[] {
  const comments = [...source.matchAll(/(?:^ *\/\/.*\n)+/gm)]
  return comments.flatMap(({ 0: comment, index }) => {
    const text = comment.replace(/^ *\/\//gm, '').replace(/\s+/g, ' ')
    const [, ...told] = text.split(/ Abuse case\b/i)
    if (told.length === 0) return []

    const below = source.slice(index + comment.length)
    const test = /^ *(?:await t\.)?test\(\s*(['"`])(.*?)(?<!\\)\1/s.exec(below)?.[2]
    if (test === undefined) throw new Error(`${file}: no test stands below “${text.trim()}”`)
    return told.map((part) => {
      const [, section, words] = /^ \(([^)]+)\): (.*\S)/.exec(part) ?? []
      if (!section || !words) {
        throw new Error(`${file}: “Abuse case${part}” is not “Abuse case (Section): words”`)
      }
      return { section, words, test, file }
    })
  })
}

/** @throws Error for a case that is told twice above one test, or whose section there is not */
export function withCases(page: string, cases: AbuseCase[]): string {
  const sections = Map.groupBy(cases, ({ section }) => section)
  const written = page.replace(/^## (.+)\n/gm, (heading, section) => {
    const ofSection = sections.get(section) ?? []
    sections.delete(section)
    return ofSection.length === 0 ? heading : `${heading}\n${list(ofSection)}`
  })
  const [unknown] = sections.keys()
  if (unknown !== undefined) throw new Error(`scripts/abuse-cases.md has no section “${unknown}”`)
  return written
}

function list(cases: AbuseCase[]): string {
  const byWords = Map.groupBy(cases, ({ words }) => words)
  return [...byWords].map(([words, told]) => `- ${words}\n${tests(told)}`).join('')
}

function tests(told: AbuseCase[]): string {
  const links = told.map(({ file, test }) => `  - [${shown(test)}](../${file})\n`)
  const twice = links.find((link, i) => links.indexOf(link) !== i)
  if (twice) throw new Error(`“${told[0]?.words}” is told twice above one test: ${twice.trim()}`)
  return links.join('')
}

/** A title as in the source; what is only known when the test runs is left open. */
function shown(title: string): string {
  return title.replace(/\\(.)/g, '$1').replace(/\$\{[^}]*\}/g, '…')
}

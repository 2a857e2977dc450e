/** Generates docs/abuse-cases.md from the tests, so that every case has a test. */
import { globSync, readFileSync } from 'node:fs'

interface AbuseCase {
  section: string
  /** The abuse, or the failure of another service. */
  description: string
  /** The title of the test that catches it. */
  test: string
  file: string
}

/** Renders scripts/abuse-cases.md with the cases of the tests below their headings. */
export function renderAbuseCases(): string {
  const files = globSync('test/**/*.test.ts').sort()
  const cases = files.flatMap((file) => parseAbuseCases(file, readFileSync(file, 'utf8')))
  return insertCases(readFileSync('scripts/abuse-cases.md', 'utf8'), cases)
}

/**
 * Parses the cases of one file: `// Abuse case (Section): words` directly above a test with a literal
 * title. A case may take several lines, and a test may have several cases.
 *
 * @throws Error for a malformed case
 */
export function parseAbuseCases(file: string, source: string): AbuseCase[] {
  const comments = [...source.matchAll(/(?:^ *\/\/.*\n)+/gm)]
  return comments.flatMap(({ 0: comment, index }) => {
    const text = comment.replace(/^ *\/\//gm, '').replace(/\s+/g, ' ')
    const [, ...marked] = text.split(/ Abuse case\b/i)
    if (marked.length === 0) return []

    const below = source.slice(index + comment.length)
    const test = /^ *(?:await t\.)?test\(\s*(['"`])(.*?)(?<!\\)\1/s.exec(below)?.[2]
    if (test === undefined) throw new Error(`${file}: no test below “${text.trim()}”`)
    return marked.map((part) => {
      const [, section, description] = /^ \(([^)]+)\): (.*\S)/.exec(part) ?? []
      if (!section || !description) {
        throw new Error(`${file}: “Abuse case${part}” is not “Abuse case (Section): words”`)
      }
      return { section, description, test, file }
    })
  })
}

/** @throws Error for a case that is repeated above one test, or whose section does not exist */
export function insertCases(page: string, cases: AbuseCase[]): string {
  const sections = Map.groupBy(cases, ({ section }) => section)
  const written = page.replace(/^## (.+)\n/gm, (heading, section) => {
    const ofSection = sections.get(section) ?? []
    sections.delete(section)
    return ofSection.length === 0 ? heading : `${heading}\n${renderCases(ofSection)}`
  })
  const [unknown] = sections.keys()
  if (unknown !== undefined) throw new Error(`scripts/abuse-cases.md has no section “${unknown}”`)
  return written
}

function renderCases(cases: AbuseCase[]): string {
  const byWords = Map.groupBy(cases, ({ description }) => description)
  return [...byWords]
    .map(([description, sameCase]) => `- ${description}\n${renderTests(sameCase)}`)
    .join('')
}

function renderTests(sameCase: AbuseCase[]): string {
  const links = sameCase.map(({ file, test }) => `  - [${displayTitle(test)}](../${file})\n`)
  const twice = links.find((link, i) => links.indexOf(link) !== i)
  if (twice)
    throw new Error(`“${sameCase[0]?.description}” is repeated above one test: ${twice.trim()}`)
  return links.join('')
}

/** A title as in the source, with … for parts that are computed when the test runs. */
function displayTitle(title: string): string {
  return title.replace(/\\(.)/g, '$1').replace(/\$\{[^}]*\}/g, '…')
}

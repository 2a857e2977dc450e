// Lints the English of comments, and of strings in src, bin and scripts:
// `npx node scripts/lint-english.ts`. Exits with 1 on any finding.
import { globSync, readFileSync } from 'node:fs'
import ts from 'typescript'

const linted = '{src,web,scripts,client,bench,bin,test}/**/*.{ts,tsx,js}'
const withLintedStrings = /^(src|bin|scripts)\b/

// Most sentences with one of these avoid a noun or hide the actor.
const openings = /^(What|Whoever|Who|Whom|Has|Is|The same)\b(?!-)/i
const words = /\b(anew|whom|no more(?! than\b)|is told|one['’]s|whoever)\b/i

/** A comment or a string. `text` has the length and the lines of the source. */
interface Passage {
  start: number
  text: string
  isString: boolean
}

let count = 0
const paths = globSync(linted, { exclude: ['**/node_modules'] }).sort()
for (const path of paths) {
  const file = ts.createSourceFile(path, readFileSync(path, 'utf8'), ts.ScriptTarget.Latest)
  const passages = commentsOf(file)
  if (withLintedStrings.test(path)) passages.push(...stringsOf(file))

  for (const passage of passages) {
    for (const { start, text } of sentencesOf(passage)) {
      const fault = findFault(text, passage.isString)
      if (!fault) continue
      count++
      const line = file.getLineAndCharacterOfPosition(start).line + 1
      console.error(`${path}:${line}: ${fault}: ${text}`)
    }
  }
}

if (count === 0) {
  console.log(`English of ${paths.length} files: no findings.`)
} else {
  console.error(
    `Findings: ${count}. Rewrite each sentence: begin with the field’s noun or an active verb, ` +
      'name the actor, and say what changes.',
  )
  process.exitCode = 1
}

function findFault(sentence: string, isString: boolean): string | undefined {
  const prose = sentence.replace(/`[^`]*`/g, '`…`')
  // A string may be a predicate (`is missing`) or a question to people (`What is a passkey?`).
  const mayBeginSo = isString && /^[a-z]|\?[”’"']?$/.test(prose)
  const begins = openings.exec(prose)
  if (begins && !mayBeginSo) return `begins with “${begins[1]}”`
  const contains = words.exec(prose)
  return contains ? `contains “${contains[1]}”` : undefined
}

/** All comments; `//` comments of consecutive lines are one passage. */
function commentsOf(file: ts.SourceFile): Passage[] {
  const source = file.text
  const ranges = new Map<number, ts.CommentRange>()
  visit(file)

  const passages: Passage[] = []
  let previous: ts.CommentRange | undefined
  for (const range of [...ranges.values()].sort((a, b) => a.pos - b.pos)) {
    const text = source
      .slice(range.pos, range.end)
      .replace(/^\/[/*]+|\*+\/$|(?<=\n\s*)\*/g, (marker) => ' '.repeat(marker.length))
    const gap = previous && source.slice(previous.end, range.pos)
    const isLine = range.kind === ts.SyntaxKind.SingleLineCommentTrivia
    const last = passages.at(-1)
    if (last && isLine && previous?.kind === range.kind && /^\n[ \t]*$/.test(gap ?? '')) {
      last.text += gap + text
    } else {
      passages.push({ start: range.pos, text, isString: false })
    }
    previous = range
  }
  return passages

  function visit(node: ts.Node): void {
    // The text of an element may look like a comment.
    if (ts.isJsxText(node)) return
    for (const find of [ts.getLeadingCommentRanges, ts.getTrailingCommentRanges]) {
      for (const range of find(source, node.getFullStart()) ?? []) ranges.set(range.pos, range)
    }
    for (const child of node.getChildren(file)) visit(child)
  }
}

/** All string and template literals, with dots in place of a template's expressions. */
function stringsOf(file: ts.SourceFile): Passage[] {
  const passages: Passage[] = []
  visit(file)
  return passages

  function visit(node: ts.Node): void {
    if (ts.isStringLiteralLike(node) || ts.isTemplateExpression(node)) {
      const start = node.getStart(file) + 1
      let text = file.text.slice(start, node.end - 1)
      if (ts.isTemplateExpression(node)) {
        for (const { expression } of node.templateSpans) {
          const from = expression.getStart(file) - start
          const dots = '…'.repeat(expression.getWidth(file))
          text = text.slice(0, from) + dots + text.slice(from + dots.length)
        }
      }
      passages.push({ start, text, isString: true })
    }
    ts.forEachChild(node, visit)
  }
}

/** The sentences of a passage: paragraphs, list items and JSDoc tags begin new ones. */
function sentencesOf({ start, text }: Passage): { start: number; text: string }[] {
  const borders =
    /((?<=[.!?][)”’"']?)\s+(?=[(“‘"'`$]?[A-Z])|\n\s*\n|\n\s*(?=- |\d+\. )|\s+(?=@[a-z]))/
  let end = start
  return text.split(borders).map((part) => {
    end += part.length
    return {
      start: end - part.trimStart().length,
      text: part
        .trim()
        .replace(/\s+/g, ' ')
        .replace(/^(@param \S+|@throws [A-Z]\w*|@\w+|-|\d+\.) /, ''),
    }
  })
}

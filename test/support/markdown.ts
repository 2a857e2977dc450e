/** The project’s Markdown pages. */
import { execFileSync } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'

export const root = join(import.meta.dirname, '../..')

/** Lists every page that git does not ignore, as a path from the root. */
export function listMarkdownFiles(): string[] {
  const listed = execFileSync(
    'git',
    ['ls-files', '--cached', '--others', '--exclude-standard', '*.md'],
    { cwd: root, encoding: 'utf8' },
  )
  return listed.split('\n').filter((path) => path !== '')
}

export const readPage = (page: string): string => readFileSync(join(root, page), 'utf8')

/** A fenced code block. */
export interface CodeBlock {
  /** The info string, such as `sh` or `json`. */
  language: string
  text: string
  /** The line number of its first line, from 1. */
  line: number
}

export function codeBlocksIn(markdown: string): CodeBlock[] {
  const blocks: CodeBlock[] = []
  let open: { language: string; lines: string[]; line: number } | undefined
  for (const [index, line] of markdown.split('\n').entries()) {
    if (!line.startsWith('```')) open?.lines.push(line)
    else if (open) {
      blocks.push({ language: open.language, text: open.lines.join('\n'), line: open.line })
      open = undefined
    } else open = { language: line.slice(3).trim(), lines: [], line: index + 2 }
  }
  if (open) throw new Error(`The code block at line ${open.line} is not closed.`)
  return blocks
}

/** The only code block of a language that begins with `start`. */
export function codeBlock(page: string, language: string, start = ''): string {
  const matches = codeBlocksIn(readPage(page)).filter(
    (block) => block.language === language && block.text.startsWith(start),
  )
  const [only] = matches
  if (!only || matches.length > 1) {
    throw new Error(
      `${page} has ${matches.length} blocks of ${language} that begin with “${start}”.`,
    )
  }
  return only.text
}

/** Markdown with its code blocks replaced by empty lines. */
export function proseOf(markdown: string): string {
  let insideCode = false
  return markdown
    .split('\n')
    .map((line) => {
      if (!line.startsWith('```')) return insideCode ? '' : line
      insideCode = !insideCode
      return ''
    })
    .join('\n')
}

export interface Link {
  text: string
  target: string
}

/** Links `[text](target)` outside code. */
export function linksIn(markdown: string): Link[] {
  const withoutCode = proseOf(markdown).replace(/`[^`\n]*`/g, (code) =>
    code.replace(/[[\]()]/g, ' '),
  )
  const inline = [...withoutCode.matchAll(/\[([^\]]+)\]\(([^()\s]+)\)/g)]
  return inline.map(([, text = '', target = '']) => ({ text: text.replace(/\s+/g, ' '), target }))
}

/** The anchors of a page’s headings, as GitHub generates them. */
export function anchorsIn(markdown: string): Set<string> {
  const seen = new Map<string, number>()
  const headings = proseOf(markdown).matchAll(/^#{1,6} +(.+?) *$/gm)
  return new Set(
    [...headings].map(([, heading = '']) => {
      const slug = heading
        .replace(/\[([^\]]+)\]\([^)]+\)/g, '$1')
        .toLowerCase()
        .replace(/[^\p{L}\p{N}\p{M}_ -]/gu, '')
        .replaceAll(' ', '-')
      const count = seen.get(slug) ?? 0
      seen.set(slug, count + 1)
      return count === 0 ? slug : `${slug}-${count}`
    }),
  )
}

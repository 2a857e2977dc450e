/** What tests read from the project's own pages. */
import { execFileSync } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'

export const root = join(import.meta.dirname, '../..')

/** Every page, as a path from the root. What git ignores is not ours. */
export function pages(): string[] {
  const listed = execFileSync(
    'git',
    ['ls-files', '--cached', '--others', '--exclude-standard', '*.md'],
    { cwd: root, encoding: 'utf8' },
  )
  return listed.split('\n').filter((path) => path !== '')
}

export const readPage = (page: string): string => readFileSync(join(root, page), 'utf8')

/** A block between two ``` lines. */
export interface Fence {
  /** What follows the opening backticks: `sh`, `json`, … */
  language: string
  text: string
  /** The line of its first line of text, counted from 1. */
  line: number
}

export function fences(markdown: string): Fence[] {
  const found: Fence[] = []
  let open: { language: string; lines: string[]; line: number } | undefined
  for (const [index, line] of markdown.split('\n').entries()) {
    if (!line.startsWith('```')) open?.lines.push(line)
    else if (open) {
      found.push({ language: open.language, text: open.lines.join('\n'), line: open.line })
      open = undefined
    } else open = { language: line.slice(3).trim(), lines: [], line: index + 2 }
  }
  if (open) throw new Error(`A fence is never closed, from line ${open.line}.`)
  return found
}

/** The one block of a language, or the one that begins with `start` if there are several. */
export function fence(page: string, language: string, start = ''): string {
  const found = fences(readPage(page)).filter(
    (block) => block.language === language && block.text.startsWith(start),
  )
  const [only] = found
  if (!only || found.length > 1) {
    throw new Error(`${page} has ${found.length} blocks of ${language} that begin with “${start}”.`)
  }
  return only.text
}

/** The same without what stands between ``` lines. */
export function prose(markdown: string): string {
  let inside = false
  return markdown
    .split('\n')
    .map((line) => {
      if (!line.startsWith('```')) return inside ? '' : line
      inside = !inside
      return ''
    })
    .join('\n')
}

export interface Link {
  text: string
  target: string
}

/** `[text](target)` and `<https://…>`, outside of code. */
export function links(markdown: string): Link[] {
  const withoutCode = prose(markdown).replace(/`[^`\n]*`/g, (code) => code.replace(/[[\]()]/g, ' '))
  const inline = [...withoutCode.matchAll(/\[([^\]]+)\]\(([^()\s]+)\)/g)]
  return inline.map(([, text = '', target = '']) => ({ text: text.replace(/\s+/g, ' '), target }))
}

/** The anchors that a page offers, as GitHub makes them from its headings. */
export function anchors(markdown: string): Set<string> {
  const seen = new Map<string, number>()
  const headings = prose(markdown).matchAll(/^#{1,6} +(.+?) *$/gm)
  return new Set(
    [...headings].map(([, heading = '']) => {
      const slug = heading
        .replace(/\[([^\]]+)\]\([^)]+\)/g, '$1')
        .toLowerCase()
        .replace(/[^\p{L}\p{N}\p{M}_ -]/gu, '')
        .replaceAll(' ', '-')
      const times = seen.get(slug) ?? 0
      seen.set(slug, times + 1)
      return times === 0 ? slug : `${slug}-${times}`
    }),
  )
}

/** /docs/errors, which the `type` of every problem links to (RFC 9457 §3.1.1). */
import { escapeHtml } from '../../lib/escape-html.ts'
import { renderStaticPage, type StaticPage } from './page.ts'

export interface ProblemType {
  code: string
  status: number
  title: string
  /** The cause and what to do about it. May contain `code` in backticks. */
  meaning: string
}

export function renderErrorsPage(problems: ProblemType[]): StaticPage {
  return renderStaticPage('Latchkey: errors', intro + problems.map(renderProblem).join(''), styles)
}

const intro = `
      <h1>Errors</h1>
      <p>
        Every error response is <code>application/problem+json</code> (RFC 9457). Programs match on
        <code>code</code>, whose meaning never changes; <code>detail</code> is for people.
        The calls are in <a href="../docs">the API reference</a>.
      </p>`

const renderProblem = ({ code, status, title, meaning }: ProblemType) => `
      <section id="${escapeHtml(code)}">
        <h2><a href="#${escapeHtml(code)}">${escapeHtml(code)}</a></h2>
        <p><strong>${status}</strong> ${escapeHtml(title)}</p>
        <p>${escapeHtml(meaning).replaceAll(/`([^`]+)`/g, '<code>$1</code>')}</p>
      </section>`

const styles = `
section { border-top: 1px solid var(--edge); margin: 0 -0.5rem; padding: 0.5rem; }
section:target { background: var(--highlight); }
h2 { margin: 0.5rem 0; font: 600 1rem/1.5 ui-monospace, monospace; overflow-wrap: anywhere; }
h1 + p { margin-bottom: 1.5rem; }
h2 a { text-decoration: none; }
h2 a:hover, h2 a:focus-visible { text-decoration: underline; }
`

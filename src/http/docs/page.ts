import { createHash } from 'node:crypto'
import { escapeHtml } from '../../lib/escape-html.ts'

/** A page without scripts, and the content security policy that it needs. */
export interface StaticPage {
  html: string
  contentSecurityPolicy: string
}

/**
 * Renders a page for reading: one column, light and dark, no external resources.
 *
 * @param content HTML; text from other sources must be escaped with `escapeHtml`
 * @param styles CSS of this page, added to the shared styles
 */
export function renderStaticPage(title: string, content: string, styles = ''): StaticPage {
  const css = sharedStyles + styles
  const cssHash = createHash('sha256').update(css).digest('base64')
  return {
    html: `<!doctype html>
<html lang="en">
  <head>
    <meta charset="utf-8">
    <meta name="viewport" content="width=device-width, initial-scale=1">
    <title>${escapeHtml(title)}</title>
    <link rel="icon" href="data:,">
    <style>${css}</style>
  </head>
  <body>
    <main>${content}</main>
  </body>
</html>
`,
    contentSecurityPolicy: `default-src 'none'; style-src 'sha256-${cssHash}'; img-src data:; base-uri 'none'; form-action 'none'; frame-ancestors 'none'`,
  }
}

// Text has a contrast of 4.5:1 on --page in both themes (WCAG 2.2, 1.4.3).
const sharedStyles = `
:root {
  color-scheme: light dark;
  --page: light-dark(#fff, #14161a);
  --ink: light-dark(#1b1f27, #e9ebef);
  --ink-soft: light-dark(#555d6b, #a3abb8);
  --edge: light-dark(#d5dae2, #363b45);
  --action: light-dark(#1a56c4, #8ab4ff);
  --highlight: light-dark(#eef4ff, #1c2636);
}
body { margin: 0; background: var(--page); color: var(--ink); font: 1rem/1.5 system-ui, sans-serif; }
main { max-width: 44rem; margin: 0 auto; padding: 2rem 1rem 4rem; }
h1 { margin-top: 0; line-height: 1.2; }
p { margin: 0.5rem 0; }
a { color: var(--action); }
code { font: 0.9em ui-monospace, monospace; }
`

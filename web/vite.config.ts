import { readdirSync, readFileSync } from 'node:fs'
import { basename, join } from 'node:path'
import { defineConfig, type Plugin } from 'vite'

const root = import.meta.dirname

/** Each page is an entry of its own, without a router: deep links and the Back button just work. */
const pages = readdirSync(join(root, 'src/pages')).map((file) => basename(file, '.tsx'))

/** The HTML of each page: page.html with the page's script. */
function pageHtml(): Plugin {
  const template = readFileSync(join(root, 'page.html'), 'utf8')
  const htmlFiles = new Map(
    pages.map((page) => [join(root, `${page}.html`), template.replace('%PAGE%', page)]),
  )
  return {
    name: 'page-html',
    resolveId: (id) => (htmlFiles.has(id) ? id : undefined),
    load: (id) => htmlFiles.get(id),
  }
}

export default defineConfig({
  root,
  plugins: [pageHtml()],
  oxc: { jsx: { runtime: 'automatic', importSource: 'preact' } },
  build: {
    outDir: '../dist/web',
    emptyOutDir: true,
    target: 'esnext',
    // The Content-Security-Policy allows no inline scripts, and data: URLs only for images.
    modulePreload: { polyfill: false },
    assetsInlineLimit: 0,
    rolldownOptions: {
      input: pages.map((page) => join(root, `${page}.html`)),
    },
  },
})

import { join } from 'node:path'
import { defineConfig } from 'vite'

const root = import.meta.dirname

/** One entry a page, no router: deep links and the back button come free. */
const pages = ['signin', 'signup', 'forgot', 'security', 'undo', 'start', 'inbox']

export default defineConfig({
  root,
  appType: 'mpa',
  oxc: { jsx: { runtime: 'automatic', importSource: 'preact' } },
  build: {
    outDir: '../dist/web',
    emptyOutDir: true,
    target: 'esnext',
    // The policy of the pages allows no inline script, and no data: but in pictures.
    modulePreload: { polyfill: false },
    assetsInlineLimit: 0,
    rolldownOptions: {
      input: Object.fromEntries(pages.map((page) => [page, join(root, `${page}.html`)])),
    },
  },
})

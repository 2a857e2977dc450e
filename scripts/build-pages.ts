// Builds the pages in web/ to dist/web, unless what is there is newer than all that it is made of.
import { existsSync, readdirSync, statSync } from 'node:fs'
import { join } from 'node:path'

const root = join(import.meta.dirname, '..')
const built = join(root, 'dist/web/signin.html')
const madeOf = ['web', 'client', 'src/text', 'package-lock.json']

if (!existsSync(built) || newest(madeOf) > statSync(built).mtimeMs) {
  const { build } = await import('vite')
  await build({ configFile: join(root, 'web/vite.config.ts'), logLevel: 'warn' })
}

function newest(paths: string[]): number {
  const times = paths.flatMap((path) => {
    const all = join(root, path)
    if (!statSync(all).isDirectory()) return [statSync(all).mtimeMs]
    return readdirSync(all, { recursive: true, encoding: 'utf8' }).map(
      (file) => statSync(join(all, file)).mtimeMs,
    )
  })
  return Math.max(...times)
}

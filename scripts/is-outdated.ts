import { existsSync, readdirSync, statSync } from 'node:fs'
import { join } from 'node:path'

const root = join(import.meta.dirname, '..')

/** Whether one of `sources`, files or folders, changed after `output` was written. */
export function isOutdated(output: string, sources: string[]): boolean {
  return !existsSync(output) || newestMtimeMs(sources) > statSync(output).mtimeMs
}

function newestMtimeMs(paths: string[]): number {
  const times = paths.flatMap((path) => {
    const source = join(root, path)
    if (!statSync(source).isDirectory()) return [statSync(source).mtimeMs]
    return readdirSync(source, { recursive: true, encoding: 'utf8' }).map(
      (file) => statSync(join(source, file)).mtimeMs,
    )
  })
  return Math.max(...times)
}

import { cpSync, symlinkSync } from 'node:fs'
import { join } from 'node:path'
import type { TestContext } from 'node:test'
import { createTempFolder } from './process.ts'

const root = join(import.meta.dirname, '../..')

/** Copies the sources for a test that changes them. The packages are those of the checkout. */
export function copySources(t: TestContext, ...more: string[]): string {
  const folder = createTempFolder(t)
  for (const part of ['package.json', 'tsconfig.json', 'src', ...more]) {
    cpSync(join(root, part), join(folder, part), { recursive: true })
  }
  symlinkSync(join(root, 'node_modules'), join(folder, 'node_modules'))
  return folder
}

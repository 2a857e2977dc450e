import { mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { newKey } from './lib/keys.ts'

/**
 * The encryption key of a development machine, made at the first start and kept beside the data.
 * Production is given its keys, so that they never lie beside what they protect.
 */
export function developmentKeys(databaseUrl: string): string {
  const sqliteFile = databaseUrl.startsWith('sqlite:') && databaseUrl.slice('sqlite:'.length)
  const folder = sqliteFile ? dirname(sqliteFile) : 'data'
  const file = join(folder, 'encryption-keys')
  mkdirSync(folder, { recursive: true, mode: 0o700 })
  try {
    // Fails if it exists: of two that start together, one makes the key and both use it.
    writeFileSync(file, `${newKey('dev')}\n`, { flag: 'wx', mode: 0o600 })
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error
  }
  return readFileSync(file, 'utf8').trim()
}

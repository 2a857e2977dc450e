import { readFileSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { CannotStart } from './lib/cannot-start.ts'
import { makeFolder } from './lib/folder.ts'
import { keysProblem, newKey } from './lib/keys.ts'

/**
 * The encryption key of a development machine, made at the first start and kept beside the data.
 * Production is given its keys, so that they never lie beside what they protect.
 *
 * @throws CannotStart if the file can't be made or read, or holds no key
 */
export function developmentKeys(databaseUrl: string): string {
  const file = developmentKeysFile(databaseUrl)
  const keys = readOrMake(file)
  if (keysProblem(keys) === undefined) return keys
  throw new CannotStart(
    `The file ${file} holds no usable encryption key. Put back the one that the database was begun with; if there is no data yet, delete the file, and a new one is made.`,
  )
}

/** Where it is kept. */
export function developmentKeysFile(databaseUrl: string): string {
  const sqliteFile = databaseUrl.startsWith('sqlite:') && databaseUrl.slice('sqlite:'.length)
  return join(sqliteFile ? dirname(sqliteFile) : 'data', 'encryption-keys')
}

function readOrMake(file: string): string {
  try {
    makeFolder(dirname(file))
    make(file)
    return read(file)
  } catch (cause) {
    const { code } = cause as NodeJS.ErrnoException
    throw new CannotStart(
      `The encryption key of development can’t be kept in ${file} (${code}). Set LATCHKEY_DATABASE_URL to a place that this user may write to, or give LATCHKEY_ENCRYPTION_KEYS.`,
      { cause },
    )
  }
}

function make(file: string): void {
  try {
    // Fails if it exists: of two that start together, one makes the key and both use it.
    writeFileSync(file, `${newKey('dev')}\n`, { flag: 'wx', mode: 0o600 })
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error
  }
}

function read(file: string): string {
  let keys = ''
  // Whoever is making it has not written it yet, but will have in a moment.
  for (let tries = 0; keys === '' && tries < 100; tries += 1) {
    if (tries > 0) Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 10)
    keys = readFileSync(file, 'utf8').trim()
  }
  return keys
}

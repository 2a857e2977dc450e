import { readFileSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { makeFolder } from '../lib/make-folder.ts'
import { OperatorError } from '../lib/operator-error.ts'
import { generateEncryptionKey, validateEncryptionKeys } from './encryption-key-list.ts'

/**
 * The encryption key of a development machine, made at the first start and kept beside the data.
 * Production is given its keys, so that they never lie beside what they protect.
 *
 * @throws CannotStart if the file can't be made or read, or holds no key
 */
export function loadDevelopmentKeys(databaseUrl: string): string {
  const file = developmentKeysPath(databaseUrl)
  const keys = readOrCreate(file)
  if (validateEncryptionKeys(keys) === undefined) return keys
  throw new OperatorError(
    `The file ${file} holds no usable encryption key. Put back the one that the database was begun with; if there is no data yet, delete the file, and a new one is made.`,
  )
}

/** Where it is kept. */
export function developmentKeysPath(databaseUrl: string): string {
  const sqliteFile = databaseUrl.startsWith('sqlite:') && databaseUrl.slice('sqlite:'.length)
  return join(sqliteFile ? dirname(sqliteFile) : 'data', 'encryption-keys')
}

function readOrCreate(file: string): string {
  try {
    makeFolder(dirname(file))
    createKeyFile(file)
    return readKeyFile(file)
  } catch (cause) {
    const { code } = cause as NodeJS.ErrnoException
    throw new OperatorError(
      `The encryption key of development can’t be kept in ${file} (${code}). Set LATCHKEY_DATABASE_URL to a place that this user may write to, or give LATCHKEY_ENCRYPTION_KEYS.`,
      { cause },
    )
  }
}

function createKeyFile(file: string): void {
  try {
    // Fails if it exists: of two that start together, one makes the key and both use it.
    writeFileSync(file, `${generateEncryptionKey('dev')}\n`, { flag: 'wx', mode: 0o600 })
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error
  }
}

function readKeyFile(file: string): string {
  let keys = ''
  // Whoever is making it has not written it yet, but will have in a moment.
  for (let attempts = 0; keys === '' && attempts < 100; attempts += 1) {
    if (attempts > 0) Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 10)
    keys = readFileSync(file, 'utf8').trim()
  }
  return keys
}

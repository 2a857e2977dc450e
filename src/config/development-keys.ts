import { readFileSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { makeFolder } from '../lib/make-folder.ts'
import { OperatorError } from '../lib/operator-error.ts'
import { generateEncryptionKey, validateEncryptionKeys } from './encryption-key-list.ts'

/**
 * Loads the encryption key of a development machine, which the first start generates beside the data.
 * In production keys are set explicitly, so that they are never stored beside the data.
 *
 * @throws OperatorError if the file cannot be created or read, or contains no valid key
 */
export function loadDevelopmentKeys(databaseUrl: string): string {
  const file = developmentKeysPath(databaseUrl)
  const keys = readOrCreate(file)
  if (validateEncryptionKeys(keys) === undefined) return keys
  throw new OperatorError(
    `The file ${file} contains no valid encryption key. Restore the key that the database was created with. If there is no data yet, delete the file, and a new key is generated.`,
  )
}

/** The path of the key file. */
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
      `The development encryption key can’t be stored in ${file} (${code}). Set LATCHKEY_DATABASE_URL to a location that this user can write to, or set LATCHKEY_ENCRYPTION_KEYS.`,
      { cause },
    )
  }
}

function createKeyFile(file: string): void {
  try {
    // `wx` fails if the file exists: of two processes that start together, one creates it, both use it.
    writeFileSync(file, `${generateEncryptionKey('dev')}\n`, { flag: 'wx', mode: 0o600 })
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error
  }
}

function readKeyFile(file: string): string {
  let keys = ''
  // Another process may have created the file and not written the key yet.
  for (let attempts = 0; keys === '' && attempts < 100; attempts += 1) {
    if (attempts > 0) Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 10)
    keys = readFileSync(file, 'utf8').trim()
  }
  return keys
}

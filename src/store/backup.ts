import { closeSync, existsSync, fsyncSync, openSync, renameSync, rmSync, statSync } from 'node:fs'
import { dirname, resolve } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { OperatorError } from '../lib/operator-error.ts'
import { toOperatorError } from './errors.ts'
import { sqliteFileOf } from './sqlite-file.ts'

/**
 * Copies a snapshot of a SQLite database while other processes write to it.
 *
 * Uses `vacuum into`, not SQLite's backup functions, which start over at every write of another
 * connection and so would never finish on a busy service. `vacuum into` reads one snapshot, blocks no
 * writer, and leaves out deleted data.
 *
 * Only this user can read the copy. It gets its name once it is complete, checked and on the disk.
 *
 * @param databaseUrl the database to copy
 * @param file the path of the copy, which must not exist
 * @returns the size of the copy in bytes
 * @throws OperatorError if there is no database, the copy can't be written, or it fails its check
 */
export function backUp(databaseUrl: string, file: string): number {
  const source = sqliteFileOf(databaseUrl)
  if (source === undefined) throw new OperatorError(pgDumpInstructions(databaseUrl, file))
  if (!existsSync(source)) {
    throw new OperatorError(
      `There is no database at ${resolve(source)}. Run this in the folder and with the settings of the service.`,
    )
  }
  ensureAbsent(file)
  const unfinished = `${file}.${process.pid}.unfinished`
  try {
    vacuumInto(source, unfinished)
    checkIntegrity(unfinished)
    syncToDisk(unfinished)
    ensureAbsent(file)
    renameSync(unfinished, file)
    syncToDisk(dirname(file))
  } catch (error) {
    rmSync(unfinished, { force: true })
    throw backupError(error)
  }
  return statSync(file).size
}

function ensureAbsent(file: string): void {
  if (!existsSync(file)) return
  throw new OperatorError(
    `${file} already exists, and a backup never overwrites a file. Choose another name.`,
  )
}

function vacuumInto(source: string, unfinished: string): void {
  // SQLite accepts an empty file; one that it creates itself could be read by everyone.
  closeSync(openSync(unfinished, 'wx', 0o600))
  const db = new DatabaseSync(source, { timeout: 5000 })
  try {
    db.prepare('vacuum into ?').run(unfinished)
  } finally {
    db.close()
  }
}

function checkIntegrity(unfinished: string): void {
  const db = new DatabaseSync(unfinished, { readOnly: true })
  try {
    const problems = db
      .prepare('pragma integrity_check')
      .all()
      .map((row) => row.integrity_check)
    if (problems.join() === 'ok') return
    throw new OperatorError(
      `The copy failed its integrity check (${problems[0]}) and was deleted. Check the disk and the database itself.`,
    )
  } finally {
    db.close()
  }
}

/** Writes a file or folder to the disk, so that it survives a power failure. */
function syncToDisk(path: string): void {
  const fd = openSync(path, 'r')
  try {
    fsyncSync(fd)
  } finally {
    closeSync(fd)
  }
}

function backupError(error: unknown): unknown {
  const { code = '', path, errstr } = error as NodeJS.ErrnoException & { errstr?: string }
  if (error instanceof OperatorError) return error
  if (code === 'ERR_SQLITE_ERROR') {
    return new OperatorError(
      `No backup was made: ${errstr}. Check LATCHKEY_DATABASE_URL, and that there is room for the copy.`,
      { cause: error },
    )
  }
  if (path === undefined) return toOperatorError(error)
  return new OperatorError(
    `The backup can’t be written (${code}: ${path}). Choose a path that this user may write to.`,
    { cause: error },
  )
}

/** The pg_dump command for a database, without the password, which pg_dump prompts for. */
function pgDumpInstructions(rawUrl: string, file: string): string {
  const url = new URL(rawUrl)
  url.password = ''
  url.searchParams.delete('password')
  return [
    'This database is PostgreSQL. Its own tool makes a copy while it is in use:',
    `  (umask 077; pg_dump --format=custom --file=${shellQuote(file)} ${shellQuote(url.href)})`,
    'It asks for the password, or reads it from ~/.pgpass.',
  ].join('\n')
}

const shellQuote = (text: string) => `'${text.replaceAll("'", `'\\''`)}'`

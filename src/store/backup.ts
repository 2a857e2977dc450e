import { closeSync, existsSync, fsyncSync, openSync, renameSync, rmSync, statSync } from 'node:fs'
import { dirname, resolve } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { OperatorError } from '../lib/operator-error.ts'
import { toOperatorError } from './errors.ts'
import { sqliteFileOf } from './sqlite-file.ts'

/**
 * Copies a SQLite database as it is at one moment, while others write to it.
 *
 * `vacuum into`, not SQLite's backup functions: those begin again whenever somebody else writes,
 * so that a busy service would never be copied. This reads one snapshot, keeps no writer waiting,
 * and leaves behind what was deleted.
 *
 * The file is this user's alone. It has its name only once it is whole, checked and on the disk.
 *
 * @param databaseUrl of the database
 * @param file where the copy goes; nothing may be there
 * @returns its size in bytes
 * @throws CannotStart where there is nothing to copy, no place for it, or the copy is not whole
 */
export function backUp(databaseUrl: string, file: string): number {
  const source = sqliteFileOf(databaseUrl)
  if (source === undefined) throw new OperatorError(pgDumpInstructions(databaseUrl, file))
  if (!existsSync(source)) {
    throw new OperatorError(
      `There is no database at ${resolve(source)}. Run this where the service runs, with the same settings.`,
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
    `${file} is there already, and a backup overwrites nothing. Give it another name.`,
  )
}

function vacuumInto(source: string, unfinished: string): void {
  // SQLite takes an empty file, and would make one for everybody's eyes.
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
      `The copy is not whole (${problems[0]}), so it was not kept. Look at the disk, and at whether the database itself is sound.`,
    )
  } finally {
    db.close()
  }
}

/** On the disk, also if the power fails now. */
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
      `No backup was made: ${errstr}. Look at LATCHKEY_DATABASE_URL, and whether there is room for the copy.`,
      { cause: error },
    )
  }
  if (path === undefined) return toOperatorError(error)
  return new OperatorError(
    `The backup can’t be written (${code}: ${path}). Choose a place that this user may write to.`,
    { cause: error },
  )
}

/** What PostgreSQL's own tool is to be told; it asks for the password itself. */
function pgDumpInstructions(rawUrl: string, file: string): string {
  const url = new URL(rawUrl)
  url.password = ''
  url.searchParams.delete('password')
  return [
    'This database is PostgreSQL, whose own tool copies it while it is in use:',
    `  (umask 077; pg_dump --format=custom --file=${shellQuote(file)} ${shellQuote(url.href)})`,
    'It asks for the password, or finds it in ~/.pgpass.',
  ].join('\n')
}

const shellQuote = (text: string) => `'${text.replaceAll("'", `'\\''`)}'`

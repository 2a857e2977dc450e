/** Import of accounts by the command line. */
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import type { TestContext } from 'node:test'
import type { TestLatchkey } from './latchkey.ts'
import { createTempFolder, type ProcessResult, runLatchkey } from './process.ts'

/** Writes an import file. A string becomes a line as it is. */
export function writeImportFile(t: TestContext, records: readonly (object | string)[]): string {
  const file = join(createTempFolder(t), 'accounts.jsonl')
  const texts = records.map((record) =>
    typeof record === 'string' ? record : JSON.stringify(record),
  )
  writeFileSync(file, texts.map((text) => `${text}\n`).join(''))
  return file
}

/** Runs `latchkey accounts import` on the database of a running service. */
export function runImport(
  t: TestContext,
  { environment }: TestLatchkey,
  file: string,
  ...flags: string[]
): Promise<ProcessResult> {
  return runLatchkey(t, { environment, args: ['accounts', 'import', file, ...flags] })
}

/** A PBKDF2 hash that is fast to verify. */
export const cheapHash = {
  password: 'hashcat',
  // Hashcat’s example for Django.
  passwordHash: 'pbkdf2_sha256$20000$H0dPx8NeajVu$GiC4k5kqbbR9qWBlsRgDywNqC2vd9kqfk7zdorEnNas=',
}

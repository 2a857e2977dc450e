/** Accounts on their way in, by the command line. */
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import type { TestContext } from 'node:test'
import type { TestLatchkey } from './latchkey.ts'
import { type Ended, emptyFolder, runLatchkey } from './process.ts'

/** A file of lines, each an account or a text as it is. */
export function fileOf(t: TestContext, lines: readonly (object | string)[]): string {
  const file = join(emptyFolder(t), 'accounts.jsonl')
  const texts = lines.map((line) => (typeof line === 'string' ? line : JSON.stringify(line)))
  writeFileSync(file, texts.map((text) => `${text}\n`).join(''))
  return file
}

/** Runs `latchkey accounts import` on the database of a service that runs. */
export function importFile(
  t: TestContext,
  { environment }: TestLatchkey,
  file: string,
  ...flags: string[]
): Promise<Ended> {
  return runLatchkey(t, { environment, args: ['accounts', 'import', file, ...flags] })
}

/** A hash of PBKDF2 that is quickly made and checked. */
export const quickHash = {
  password: 'hashcat',
  // Hashcat’s example of Django’s form.
  passwordHash: 'pbkdf2_sha256$20000$H0dPx8NeajVu$GiC4k5kqbbR9qWBlsRgDywNqC2vd9kqfk7zdorEnNas=',
}

import { existsSync, statSync } from 'node:fs'
import { statfs } from 'node:fs/promises'
import { dirname } from 'node:path'
import { sqliteFileOf } from '../../store/sqlite-file.ts'
import { type Finding, fail, ok, warn } from './finding.ts'

/** The major versions that the tests run on. */
const testedNodeMajors = [24, 26]

export function checkNode(version: string = process.versions.node): Finding {
  const major = Number.parseInt(version, 10)
  if (testedNodeMajors.includes(major)) return ok('node', `Node ${version}.`)
  const todo = `Use Node ${testedNodeMajors.join(' or ')}, which Latchkey is tested on.`
  return major < Math.min(...testedNodeMajors)
    ? fail('node', `Node ${version} is too old.`, todo)
    : warn('node', `Latchkey is not tested on Node ${version}.`, todo)
}

/** Without room for a commit, requests fail. */
const failBelowBytes = 100e6
const warnBelowBytes = 1e9

/** Checks the free space beside a SQLite file. */
export async function checkDisk(databaseUrl: string): Promise<Finding[]> {
  const file = sqliteFileOf(databaseUrl)
  if (file === undefined || !existsSync(file)) return []
  const { bavail, bsize } = await statfs(dirname(file))
  const free = bavail * bsize
  const { size } = statSync(file)
  const what = `${formatMegabytes(free)} free; the database takes ${formatMegabytes(size)}.`
  const todo = 'Free up space on that disk.'
  if (free < failBelowBytes) return [fail('disk', what, todo)]
  // A backup on the same disk takes as much space again.
  return [free < Math.max(warnBelowBytes, size) ? warn('disk', what, todo) : ok('disk', what)]
}

const formatMegabytes = (bytes: number) => `${Math.ceil(bytes / 1e6).toLocaleString('en')} MB`

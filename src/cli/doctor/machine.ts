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
  const todo = `Use Node ${testedNodeMajors.join(' or ')}, which Latchkey is tested with.`
  return major < Math.min(...testedNodeMajors)
    ? fail('node', `Node ${version} is too old.`, todo)
    : warn('node', `Node ${version} is not among those that Latchkey is tested with.`, todo)
}

/** A commit that finds no room is an answer that says no. */
const failBelowBytes = 100e6
const warnBelowBytes = 1e9

/** Room for a database in a file; PostgreSQL looks after its own. */
export async function checkDisk(databaseUrl: string): Promise<Finding[]> {
  const file = sqliteFileOf(databaseUrl)
  if (file === undefined || !existsSync(file)) return []
  const { bavail, bsize } = await statfs(dirname(file))
  const free = bavail * bsize
  const { size } = statSync(file)
  const what = `${formatMegabytes(free)} are free beside the database, which has ${formatMegabytes(size)}.`
  const todo = 'Make room on that disk.'
  if (free < failBelowBytes) return [fail('disk', what, todo)]
  // A backup beside it takes as much again.
  return [free < Math.max(warnBelowBytes, size) ? warn('disk', what, todo) : ok('disk', what)]
}

const formatMegabytes = (bytes: number) => `${Math.ceil(bytes / 1e6).toLocaleString('en')} MB`

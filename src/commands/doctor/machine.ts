import { existsSync, statSync } from 'node:fs'
import { statfs } from 'node:fs/promises'
import { dirname } from 'node:path'
import { fileOf } from '../../store/file.ts'
import { type Finding, fail, ok, warn } from './finding.ts'

/** The major versions that the tests run on. */
const testedNodes = [24, 26]

export function checkNode(version: string = process.versions.node): Finding {
  const major = Number.parseInt(version, 10)
  if (testedNodes.includes(major)) return ok('node', `Node ${version}.`)
  const todo = `Use Node ${testedNodes.join(' or ')}, which Latchkey is tested with.`
  return major < Math.min(...testedNodes)
    ? fail('node', `Node ${version} is too old.`, todo)
    : warn('node', `Node ${version} is not among those that Latchkey is tested with.`, todo)
}

/** A commit that finds no room is an answer that says no. */
const fewBytes = 100e6
const littleBytes = 1e9

/** Room for a database in a file; PostgreSQL looks after its own. */
export async function checkDisk(databaseUrl: string): Promise<Finding[]> {
  const file = fileOf(databaseUrl)
  if (file === undefined || !existsSync(file)) return []
  const { bavail, bsize } = await statfs(dirname(file))
  const free = bavail * bsize
  const { size } = statSync(file)
  const what = `${inMegabytes(free)} are free beside the database, which has ${inMegabytes(size)}.`
  const todo = 'Make room on that disk.'
  if (free < fewBytes) return [fail('disk', what, todo)]
  // A backup beside it takes as much again.
  return [free < Math.max(littleBytes, size) ? warn('disk', what, todo) : ok('disk', what)]
}

const inMegabytes = (bytes: number) => `${Math.ceil(bytes / 1e6).toLocaleString('en')} MB`

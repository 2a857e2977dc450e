/**
 * Measures the service against its baselines and prints one table (docs/speed.md).
 *
 *   npm run bench                      all benchmarks, three minutes
 *   npm run bench -- reads turnOffs    these benchmarks only
 *   npm run bench -- --rounds=1        quick but rough
 *   npm run bench -- --million         compares a million accounts with a thousand; some minutes
 *   npm run bench -- --sizes           measures the bytes of each row in the database (docs/sizing.md)
 *   npm run bench -- --postgres        compares prepared with unnamed statements on PostgreSQL
 *   npm run bench -- --peers           compares with better-auth, which it installs
 */
// Before all imports, as in the service: raw hashes are fastest with one thread per core.
process.env.UV_THREADPOOL_SIZE ??= String(availableParallelism())

import { execFileSync } from 'node:child_process'
import { readdirSync, statSync } from 'node:fs'
import { availableParallelism, cpus } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { parseArgs } from 'node:util'
import { millionAccounts } from './measures/million-accounts.ts'
import { mixedLoad } from './measures/mixed-load.ts'
import { comparePeers } from './measures/peers.ts'
import { comparePreparedStatements } from './measures/postgres.ts'
import { reads } from './measures/reads.ts'
import { rowSizes } from './measures/row-sizes.ts'
import { signIns } from './measures/sign-ins.ts'
import { start } from './measures/start.ts'
import { turnOffs } from './measures/turn-offs.ts'
import { wholeCycle } from './measures/whole-cycle.ts'
import { copyDatabase, createAccounts } from './support/accounts.ts'
import { type BenchContext, type Benchmark, medians } from './support/measure.ts'
import { newDatabasePath, startBaseline, startLatchkey } from './support/process.ts'
import { atMost, type Figure, formatMb, printTable } from './support/table.ts'

const benchmarks: Record<string, Benchmark<string>> = {
  start,
  signIns,
  wholeCycle,
  reads,
  turnOffs,
  mixedLoad,
}

const { values: flags, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    rounds: { type: 'string', default: '3' },
    million: { type: 'boolean', default: false },
    sizes: { type: 'boolean', default: false },
    postgres: { type: 'boolean', default: false },
    peers: { type: 'boolean', default: false },
  },
})
const selected = Object.entries(benchmarks).filter(
  ([name]) => positionals.length === 0 || positionals.includes(name),
)

logProgress(`${cpus()[0]?.model}, ${availableParallelism()} cores, Node ${process.versions.node}`)
const rounds = Number(flags.rounds)
const figures: Figure[] = []
if (flags.million) figures.push(...(await millionAccounts(rounds, logProgress)))
if (flags.sizes) figures.push(...(await rowSizes(logProgress)))
if (flags.postgres) figures.push(...(await comparePreparedStatements(rounds, logProgress)))
if (flags.peers) figures.push(...(await comparePeers(rounds, logProgress)))
if (figures.length === 0) figures.push(...(await measureAll()))
console.log('')
printTable(figures)

async function measureAll(): Promise<Figure[]> {
  logProgress('creating 1,000 accounts')
  // Without rate limits: so many people of one network may not sign up in an hour.
  const seeded = await startLatchkey()
  const accounts = await createAccounts(seeded, 1000)
  const jwks = await (await fetch(`http://127.0.0.1:${seeded.port}/.well-known/jwks.json`)).text()
  await seeded.stop()
  const copy = () => copyDatabase(seeded.database, newDatabasePath())

  const latchkey = await startLatchkey(seeded.database, { rateLimits: 'on' })
  await sleep(3000)
  const idleMb = latchkey.residentMb()
  const unlimited = await startLatchkey(copy())
  const baseline = await startBaseline(copy(), jwks)
  const bench: BenchContext = { latchkey, unlimited, baseline, jwks, accounts }

  const results: Record<string, Record<string, number>[]> = {}
  for (let round = 1; round <= rounds; round += 1) {
    for (const [name, benchmark] of selected) {
      logProgress(`round ${round}: ${name}`)
      results[name] = [...(results[name] ?? []), await benchmark.round(bench)]
    }
  }

  const loadedMb = latchkey.residentMb()
  await Promise.all([latchkey.stop(), unlimited.stop(), baseline.stop()])
  return [
    ...selected.flatMap(([name, benchmark]) => benchmark.figures(medians(results[name] ?? []))),
    { name: 'resident memory, idle', value: formatMb(idleMb), goal: atMost(115, idleMb, ' MB') },
    {
      name: 'resident memory, after load',
      value: formatMb(loadedMb),
      goal: atMost(145, loadedMb, ' MB'),
    },
    ...measureInstallation(),
  ]
}

/** Counts the packages that `npm install latchkey` installs, and measures their files. */
function measureInstallation(): Figure[] {
  const npm = (...args: string[]) => execFileSync('npm', args, { encoding: 'utf8' }).trim()
  const list = ['ls', '--omit=dev', '--all', '--parseable', '--workspaces=false']
  const [_itself, ...paths] = npm(...list).split('\n')
  const packed = JSON.parse(npm('pack', '--dry-run', '--json', '--ignore-scripts'))
  const [own] = Object.values<{ unpackedSize: number }>(packed)
  const bytes = paths.reduce((sum, path) => sum + sizeOf(path), own?.unpackedSize ?? 0)
  const [count, megabytes] = [paths.length, bytes / 1e6]
  return [
    { name: 'packages in production', value: String(count), goal: atMost(120, count) },
    {
      name: 'their files, without the runtime',
      value: formatMb(megabytes),
      goal: atMost(40, megabytes, ' MB'),
    },
  ]
}

function sizeOf(folder: string): number {
  return readdirSync(folder, { recursive: true, encoding: 'utf8' })
    .map((file) => statSync(join(folder, file)))
    .reduce((sum, file) => sum + (file.isFile() ? file.size : 0), 0)
}

function logProgress(message: string): void {
  console.error(message)
}

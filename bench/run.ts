/**
 * Measures the service against its baselines and prints one table (docs/speed.md).
 *
 *   npm run bench                      all benchmarks, two to three minutes
 *   npm run bench -- reads turnOffs    these benchmarks only
 *   npm run bench -- --rounds=1        quick but rough
 *   npm run bench -- --million         compares a million accounts with a thousand; some minutes
 *   npm run bench -- --sizes           measures the bytes of each row in the database (docs/sizing.md)
 */
// Before all imports, as in the service: raw hashes are fastest with one thread per core.
process.env.UV_THREADPOOL_SIZE ??= String(availableParallelism())

import { execFileSync } from 'node:child_process'
import { availableParallelism, cpus } from 'node:os'
import { setTimeout as sleep } from 'node:timers/promises'
import { parseArgs } from 'node:util'
import { millionAccounts } from './measures/million-accounts.ts'
import { mixedLoad } from './measures/mixed-load.ts'
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
  },
})
const selected = Object.entries(benchmarks).filter(
  ([name]) => positionals.length === 0 || positionals.includes(name),
)

logProgress(`${cpus()[0]?.model}, ${availableParallelism()} cores, Node ${process.versions.node}`)
const figures: Figure[] = []
if (flags.million) figures.push(...(await millionAccounts(Number(flags.rounds), logProgress)))
else if (flags.sizes) figures.push(...(await rowSizes(logProgress)))
else figures.push(...(await measureAll()))
console.log('')
printTable(figures)

async function measureAll(): Promise<Figure[]> {
  const latchkey = await startLatchkey()
  await sleep(3000)
  const idleMb = latchkey.residentMb()
  logProgress('creating 1,000 accounts')
  const accounts = await createAccounts(latchkey, 1000)
  const jwks = await (await fetch(`http://127.0.0.1:${latchkey.port}/.well-known/jwks.json`)).text()
  const baseline = await startBaseline(copyDatabase(latchkey.database, newDatabasePath()), jwks)
  const bench: BenchContext = { latchkey, baseline, jwks, accounts }

  const rounds: Record<string, Record<string, number>[]> = {}
  for (let round = 1; round <= Number(flags.rounds); round += 1) {
    for (const [name, benchmark] of selected) {
      logProgress(`round ${round}: ${name}`)
      rounds[name] = [...(rounds[name] ?? []), await benchmark.round(bench)]
    }
  }

  const loadedMb = latchkey.residentMb()
  await Promise.all([latchkey.stop(), baseline.stop()])
  return [
    ...selected.flatMap(([name, benchmark]) => benchmark.figures(medians(rounds[name] ?? []))),
    { name: 'resident memory, idle', value: formatMb(idleMb), goal: atMost(100, idleMb, ' MB') },
    {
      name: 'resident memory, after load',
      value: formatMb(loadedMb),
      goal: atMost(160, loadedMb, ' MB'),
    },
    countPackages(),
  ]
}

/** Counts the packages that `npm install latchkey` installs. */
function countPackages(): Figure {
  const list = ['ls', '--omit=dev', '--all', '--parseable', '--workspaces=false']
  const [_itself, ...paths] = execFileSync('npm', list, { encoding: 'utf8' }).trim().split('\n')
  const count = paths.length
  return { name: 'packages in production', value: String(count), goal: atMost(120, count) }
}

function logProgress(message: string): void {
  console.error(message)
}

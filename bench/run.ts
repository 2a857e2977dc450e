/**
 * Measures the service beside its limits and prints one table (docs/speed.md).
 *
 *   npm run bench                      everything, about two minutes
 *   npm run bench -- reads turnOffs    these alone
 *   npm run bench -- --rounds=1        quick, and rough
 *   npm run bench -- --million         whether a million accounts make it slower; some minutes more
 */
// First of all, as the service does: raw hashes are the limit with one thread a core.
process.env.UV_THREADPOOL_SIZE ??= String(availableParallelism())

import { execFileSync } from 'node:child_process'
import { availableParallelism, cpus } from 'node:os'
import { setTimeout as sleep } from 'node:timers/promises'
import { parseArgs } from 'node:util'
import { million } from './measures/million.ts'
import { reads } from './measures/reads.ts'
import { signIns } from './measures/sign-ins.ts'
import { start } from './measures/start.ts'
import { storm } from './measures/storm.ts'
import { turnOffs } from './measures/turn-offs.ts'
import { wholeCycle } from './measures/whole-cycle.ts'
import { type Bench, type Measure, medians } from './support/measure.ts'
import { copy, makePeople } from './support/people.ts'
import { newDatabase, startLatchkey, startLimit } from './support/process.ts'
import { atMost, type Figure, mb, print } from './support/table.ts'

const measures: Record<string, Measure<string>> = {
  start,
  signIns,
  wholeCycle,
  reads,
  turnOffs,
  storm,
}

const { values: flags, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    rounds: { type: 'string', default: '3' },
    million: { type: 'boolean', default: false },
  },
})
const chosen = Object.entries(measures).filter(
  ([name]) => positionals.length === 0 || positionals.includes(name),
)

say(`${cpus()[0]?.model}, ${availableParallelism()} cores, Node ${process.versions.node}`)
const figures: Figure[] = []
if (!flags.million) figures.push(...(await measureAll()))
else figures.push(...(await million(Number(flags.rounds), say)))
console.log('')
print(figures)

async function measureAll(): Promise<Figure[]> {
  const latchkey = await startLatchkey()
  await sleep(3000)
  const idleMb = latchkey.residentMb()
  say('making 1,000 accounts')
  const people = await makePeople(latchkey, 1000)
  const jwks = await (await fetch(`http://127.0.0.1:${latchkey.port}/.well-known/jwks.json`)).text()
  const limit = await startLimit(copy(latchkey.database, newDatabase()), jwks)
  const bench: Bench = { latchkey, limit, jwks, people }

  const found: Record<string, Record<string, number>[]> = {}
  for (let round = 1; round <= Number(flags.rounds); round += 1) {
    for (const [name, measure] of chosen) {
      say(`round ${round}: ${name}`)
      found[name] = [...(found[name] ?? []), await measure.round(bench)]
    }
  }

  const loadedMb = latchkey.residentMb()
  await Promise.all([latchkey.stop(), limit.stop()])
  return [
    ...chosen.flatMap(([name, measure]) => measure.figures(medians(found[name] ?? []))),
    { name: 'resident memory, idle', value: mb(idleMb), goal: atMost(100, idleMb, ' MB') },
    {
      name: 'resident memory, after load',
      value: mb(loadedMb),
      goal: atMost(160, loadedMb, ' MB'),
    },
    packages(),
  ]
}

/** What `npm install latchkey` would bring along. */
function packages(): Figure {
  const list = ['ls', '--omit=dev', '--all', '--parseable', '--workspaces=false']
  const [_itself, ...paths] = execFileSync('npm', list, { encoding: 'utf8' }).trim().split('\n')
  const count = paths.length
  return { name: 'packages in production', value: String(count), goal: atMost(120, count) }
}

function say(what: string): void {
  console.error(what)
}

import { Client } from 'pg'
import { createPostgresDatabase, startTestPostgres } from '../../test/support/postgres.ts'
import { type BenchAccount, createAccounts, turnMfaOn } from '../support/accounts.ts'
import { loadService, median, repeatFor } from '../support/load.ts'
import { type Service, startLatchkey } from '../support/process.ts'
import { atLeast, type Figure, formatRate, formatRatio } from '../support/table.ts'

const accountCount = 500
const readsMs = 2000

/** A service on PostgreSQL. */
interface Node {
  service: Service
  accounts: BenchAccount[]
  client: Client
}

/** Compares prepared statements with unnamed ones, on a PostgreSQL that npm installs. */
export async function comparePreparedStatements(
  rounds: number,
  logProgress: (message: string) => void,
): Promise<Figure[]> {
  const server = await startTestPostgres()
  process.env.LATCHKEY_TEST_POSTGRES = server.url
  logProgress(`creating ${accountCount} accounts on PostgreSQL, twice`)
  const nodes = { named: await startNode('named'), unnamed: await startNode('unnamed') }

  const results: { named: Results; unnamed: Results }[] = []
  // The first round warms up.
  for (let round = 0; round <= rounds; round += 1) {
    logProgress(`round ${round}`)
    results.push({ named: await measure(nodes.named), unnamed: await measure(nodes.unnamed) })
  }
  results.shift()
  for (const { service, client } of Object.values(nodes)) {
    await service.stop()
    await client.end()
  }
  await server.stop()

  return (['reads', 'turnOffs'] as const).map((name) => {
    const ratio = median(results.map(({ named, unnamed }) => named[name] / unnamed[name]))
    return {
      name: `PostgreSQL, ${label[name]}: prepared / unnamed statements`,
      value: formatRate(median(results.map(({ named }) => named[name]))),
      baseline: formatRate(median(results.map(({ unnamed }) => unnamed[name]))),
      ratio: formatRatio(ratio),
      goal: atLeast(goals[name], ratio),
    }
  })
}

type Results = Record<'reads' | 'turnOffs', number>
const label = { reads: 'reads', turnOffs: 'turn-offs' }
const goals = { reads: 1.7, turnOffs: 1.8 }

async function startNode(statements: 'named' | 'unnamed'): Promise<Node> {
  const { url } = await createPostgresDatabase()
  const service = await startLatchkey(undefined, { url, statements })
  const client = new Client({ connectionString: url })
  await client.connect()
  return { service, client, accounts: await createAccounts(service, accountCount) }
}

async function measure({ service, accounts, client }: Node): Promise<Results> {
  const reads = await loadService(service, repeatFor(readsMs, accounts), (caller, { token }) =>
    caller.expect(200, { method: 'GET', path: '/settings/MfaSignIn', token }),
  )
  await client.query(turnMfaOn)
  const turnOffs = await loadService(service, accounts, (caller, { token }) =>
    caller.expect(200, { method: 'DELETE', path: '/settings/MfaSignIn', token }),
  )
  return { reads: reads.perSecond, turnOffs: turnOffs.perSecond }
}

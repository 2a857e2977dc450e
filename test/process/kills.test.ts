/**
 * SIGKILL at random moments, a hundred times; `npm run kills` does it a thousand times, by
 * LATCHKEY_TEST_KILLS. crash.test.ts kills the whole service, on both databases; this test kills what
 * commits, on SQLite alone, because there the commits are shared (src/store/group-commit.ts).
 */
import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { join } from 'node:path'
import { type TestContext, test } from 'node:test'
import { setTimeout as sleep } from 'node:timers/promises'
import { build } from 'vite'
import { migrate } from '../../src/store/migrate.ts'
import { openDatabase } from '../../src/store/open.ts'
import { rolledBack, rowsPerChange } from '../support/committing-process.ts'
import { createDatabase, runSql } from '../support/database.ts'
import { createTempFolder } from '../support/process.ts'

const kills = Number(process.env.LATCHKEY_TEST_KILLS ?? 100)

/** More changes than one process makes. */
const maxChanges = 1_000_000

test('whenever a process is killed under load, every change that it answered is there, and none is half there', {
  timeout: kills * 10_000,
}, async (t) => {
  const program = await bundleProgram(t)
  const url = await createDatabase(t, 'SQLite')
  const db = openDatabase(url)
  await migrate(db)
  await db.destroy()

  let answers = 0
  let unanswered = 0
  for (let kill = 1; kill <= kills; kill += 1) {
    const first = kill * maxChanges
    const answered = await killWhileCommitting(program, url, first)
    answers += answered.length

    const rows = await runSql(
      url,
      `select at, key, count(*) as parts from rate_limit_hit where at >= ${first} group by at, key`,
    )
    const changes = new Set(rows.map(({ at }) => at))
    for (const { at, key, parts } of rows) {
      assert.notEqual(key, rolledBack, `change ${at} was rolled back`)
      assert.equal(parts, rowsPerChange, `change ${at} is half there`)
    }
    for (const change of answered) assert.ok(changes.has(change), `change ${change} is lost`)
    unanswered += changes.size - answered.length
    await runSql(url, 'delete from rate_limit_hit')
  }
  t.diagnostic(`${kills} kills, ${answers} changes answered, ${unanswered} done but not answered`)
  assert.ok(answers > kills, 'there was no load')
})

/** Bundles the process: it starts in a fifth of the time. @returns its file */
async function bundleProgram(t: TestContext): Promise<string> {
  const outDir = createTempFolder(t)
  await build({
    configFile: false,
    logLevel: 'warn',
    ssr: { noExternal: true },
    build: {
      ssr: join(import.meta.dirname, '../support/committing-process.ts'),
      outDir,
      emptyOutDir: false,
    },
  })
  return join(outDir, 'committing-process.js')
}

/** Kills the process at a random moment. @returns the numbers of the changes that it answered */
async function killWhileCommitting(program: string, url: string, first: number): Promise<number[]> {
  const child = spawn(process.execPath, [program, url, String(first)], {
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  let output = ''
  child.stdout.setEncoding('utf8').on('data', (text) => {
    output += text
  })
  const ended = once(child, 'close')
  await Promise.race([once(child.stdout, 'data'), ended])
  await sleep(Math.random() * 30)
  child.kill('SIGKILL')
  const [, signal] = await ended
  assert.equal(signal, 'SIGKILL', 'the process ended by itself')
  // The last line may have been cut off.
  return output.split('\n').slice(0, -1).map(Number)
}

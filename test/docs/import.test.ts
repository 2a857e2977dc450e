/** docs/import.md is followed once, on the day of the move. What it says to type has been typed. */
import assert from 'node:assert/strict'
import { execFile } from 'node:child_process'
import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import { promisify } from 'node:util'
import { Client } from 'pg'
import { parseAccountLine } from '../../src/admin/account-line.ts'
import { languages } from '../../src/lib/language.ts'
import { most } from '../../src/lib/password-forms/form.ts'
import { fence, fences, readPage, root } from '../support/markdown.ts'
import { freshDatabase } from '../support/postgres.ts'
import { emptyFolder, runLatchkey } from '../support/process.ts'

const run = promisify(execFile)
const page = 'docs/import.md'

test('what the page says to type brings its lines over and back again', async (t) => {
  const folder = emptyFolder(t)
  await runLatchkey(t, { folder, args: ['migrate'] })
  writeFileSync(join(folder, 'accounts.jsonl'), fence(page, 'json'))
  const here = `'${process.execPath}' '${join(root, 'src/main.ts')}'`
  const commands = fences(readPage(page)).filter(({ language }) => language === 'sh')
  const outputs = []
  for (const { text } of commands) {
    const typed = text.replace('npx latchkey', here)
    outputs.push(await run('sh', ['-c', typed], { cwd: folder }))
  }
  const [check, imported, exported] = outputs
  assert.equal(check?.stdout, 'Of 3 lines 3 would be imported, 0 were there already, 0 refused.\n')
  assert.equal(imported?.stdout, 'Of 3 lines 3 imported, 0 were there already, 0 refused.\n')
  assert.equal(exported?.stdout, '')
  const accounts = (text: string) => text.trim().split('\n').map(accountIn)
  const out = accounts(readFileSync(join(folder, 'accounts-out.jsonl'), 'utf8'))
  for (const [index, given] of accounts(fence(page, 'json')).entries()) {
    const { createdAt = out[index]?.createdAt, ...rest } = given
    assert.deepEqual(out[index], { ...rest, createdAt })
  }
})

test('the query shown makes lines that are taken', async (t) => {
  const { url, drop } = await freshDatabase()
  const client = new Client({ connectionString: url })
  await client.connect()
  t.after(async () => {
    await client.end()
    await drop()
  })
  const { email, passwordHash } = JSON.parse(fence(page, 'json').split('\n')[1] ?? '')
  await client.query(
    `create table auth_user
      (email text, password text, date_joined timestamptz, is_active boolean);
    insert into auth_user values
      ('${email}', '${passwordHash}', '2020-01-02 03:04:05.6+01', true),
      ('gone@example.com', '${passwordHash}', now(), false)`,
  )
  const { rows } = await client.query(fence(page, 'sql'))
  const made = rows.map(({ json_build_object }) => accountIn(JSON.stringify(json_build_object)))
  const createdAt = Date.parse('2020-01-02T02:04:05Z')
  assert.deepEqual(made, [{ ...accountIn(JSON.stringify({ email, passwordHash })), createdAt }])
})

test('the page names every field, every language and every bound', () => {
  const text = readPage(page)
  const unknown = parseAccountLine('{"email":"a@example.com","other":"x"}')
  const names = 'refused' in unknown ? unknown.refused.split('there are ')[1]?.split(', ') : []
  const rows = [...text.matchAll(/^\| `(\w+)` \|/gm)].map(([, name]) => name)
  assert.deepEqual(rows, names)
  for (const language of languages)
    assert.match(text, new RegExp(`\\| \`language\` .*\`${language}\``))
  for (const bound of [most.memoryKiB, most.argon2WorkKiB, most.memoryKiB * 8, most.rounds]) {
    assert.ok(text.includes(bound.toLocaleString('en')), `${bound}`)
  }
  assert.ok(text.includes(`cost ${most.bcryptCost}`) && text.includes(`\`p\` ${most.argon2Lanes}`))
})

/** What a line says, however it is written. */
function accountIn(line: string) {
  const account = parseAccountLine(line)
  if ('refused' in account) throw new Error(account.refused)
  const { canonical: _, ...said } = account
  return said
}

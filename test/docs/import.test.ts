/** Runs the commands and the query of docs/import.md. */
import assert from 'node:assert/strict'
import { execFile } from 'node:child_process'
import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import { promisify } from 'node:util'
import { Client } from 'pg'
import { parseImportRecord } from '../../src/admin/import-record.ts'
import { languages } from '../../src/lib/language.ts'
import { max } from '../../src/lib/password-hash-formats/hash-format.ts'
import { codeBlock, codeBlocksIn, readPage, root } from '../support/markdown.ts'
import { createPostgresDatabase } from '../support/postgres.ts'
import { createTempFolder, runLatchkey } from '../support/process.ts'

const run = promisify(execFile)
const page = 'docs/import.md'

test('the commands of the page import its example lines and export them again', async (t) => {
  const folder = createTempFolder(t)
  await runLatchkey(t, { folder, args: ['migrate'] })
  writeFileSync(join(folder, 'accounts.jsonl'), codeBlock(page, 'json'))
  const here = `'${process.execPath}' '${join(root, 'bin/latchkey.js')}'`
  const commands = codeBlocksIn(readPage(page)).filter(({ language }) => language === 'sh')
  const outputs = []
  for (const { text } of commands) {
    const typed = text.replace('npx latchkey', here)
    outputs.push(await run('sh', ['-c', typed], { cwd: folder }))
  }
  const [check, imported, exported] = outputs
  assert.equal(check?.stdout, '3 lines: 3 would be imported, 0 already there, 0 refused.\n')
  assert.equal(imported?.stdout, '3 lines: 3 imported, 0 already there, 0 refused.\n')
  assert.equal(exported?.stdout, '')
  const accounts = (text: string) => text.trim().split('\n').map(accountIn)
  const out = accounts(readFileSync(join(folder, 'accounts-out.jsonl'), 'utf8'))
  for (const [index, given] of accounts(codeBlock(page, 'json')).entries()) {
    const { createdAt = out[index]?.createdAt, ...rest } = given
    assert.deepEqual(out[index], { ...rest, createdAt })
  }
})

test('the query on the page produces valid lines', async (t) => {
  const { url, drop } = await createPostgresDatabase()
  const client = new Client({ connectionString: url })
  await client.connect()
  t.after(async () => {
    await client.end()
    await drop()
  })
  const { email, passwordHash } = JSON.parse(codeBlock(page, 'json').split('\n')[1] ?? '')
  await client.query(
    `create table auth_user
      (email text, password text, date_joined timestamptz, is_active boolean);
    insert into auth_user values
      ('${email}', '${passwordHash}', '2020-01-02 03:04:05.6+01', true),
      ('gone@example.com', '${passwordHash}', now(), false)`,
  )
  const { rows } = await client.query(codeBlock(page, 'sql'))
  const made = rows.map(({ json_build_object }) => accountIn(JSON.stringify(json_build_object)))
  const createdAt = Date.parse('2020-01-02T02:04:05Z')
  assert.deepEqual(made, [{ ...accountIn(JSON.stringify({ email, passwordHash })), createdAt }])
})

test('the page names every field, language and limit', () => {
  const text = readPage(page)
  const unknown = parseImportRecord('{"email":"a@example.com","other":"x"}', [])
  const names =
    'refused' in unknown ? unknown.refused.split('known fields are ')[1]?.split(', ') : []
  const rows = [...text.matchAll(/^\| `(\w+)` \|/gm)].map(([, name]) => name)
  assert.deepEqual(rows, names)
  for (const language of languages)
    assert.match(text, new RegExp(`\\| \`language\` .*\`${language}\``))
  for (const bound of [max.memoryKiB, max.argon2WorkKiB, max.memoryKiB * 8, max.iterations]) {
    assert.ok(text.includes(bound.toLocaleString('en')), `${bound}`)
  }
  assert.ok(text.includes(`cost ${max.bcryptCost}`) && text.includes(`\`p\` ${max.argon2Lanes}`))
})

/** The content of a line, independent of its formatting. */
function accountIn(line: string) {
  const account = parseImportRecord(line, [])
  if ('refused' in account) throw new Error(account.refused)
  const { canonical: _, ...fields } = account
  return fields
}

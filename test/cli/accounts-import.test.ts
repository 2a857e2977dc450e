/** `latchkey accounts import` as its operator sees it: progress, help and an unreadable file. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { runImport, writeImportFile } from '../support/import-file.ts'
import { onDatabase } from '../support/latchkey.ts'
import { runLatchkey } from '../support/process.ts'
import { requireTool } from '../support/tool.ts'

onDatabase('SQLite', (latchkey) => {
  test('on a terminal the import shows its progress, with rejections above it', async (t) => {
    if (!(await requireTool(t, 'python3'))) return
    const file = writeImportFile(t, [{ email: 'a@example.com' }, { email: 'nobody' }])
    const via = ['python3', '-c', 'import pty, sys; pty.spawn(sys.argv[1:])']
    const args = ['accounts', 'import', file]
    const { stdout } = await runLatchkey(t, {
      environment: latchkey.environment,
      args,
      wrapper: via,
    })
    const wipe = '\r\x1b[K'
    assert.ok(stdout.includes(`${wipe}line 2: email is not an email address\r\n`), stdout)
    const bar = `${'█'.repeat(24)} 2 lines, 1 refused`
    assert.ok(stdout.includes(`${wipe}${bar}${wipe}`), stdout)
  })

  test('accounts import has its own help', async (t) => {
    const args = ['accounts', 'import', '--help']
    const { code, stdout } = await runLatchkey(t, { args })
    assert.equal(code, 0)
    assert.match(
      stdout,
      /^latchkey accounts import <file> \[--check\] \[--refused <…>\] \[--json\]\n/,
    )
  })

  test('an unreadable file is reported in one sentence', async (t) => {
    for (const [file, expected] of [
      ['missing.jsonl', /^The file can’t be read \(ENOENT\)\.\n$/],
      ['.', /^That is a folder/],
    ] as const) {
      const { code, stderr } = await runImport(t, latchkey, file)
      assert.equal(code, 1)
      assert.match(stderr, expected)
    }
  })
})

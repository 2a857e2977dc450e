/** `latchkey accounts profile` and `groups`, and profiles in imports and exports. */
import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { type TestContext, test } from 'node:test'
import { runImport, writeImportFile } from '../support/import-file.ts'
import { onDatabase, onEachDatabase, TestLatchkey } from '../support/latchkey.ts'
import { createTempFolder, runLatchkey } from '../support/process.ts'
import { assertBody, assertProblem } from '../support/responses.ts'

const declared = [
  { name: 'department', type: 'string', editableBy: 'operator' },
  { name: 'floor', type: 'number', editableBy: 'owner' },
  { name: 'newsletter', type: 'boolean', editableBy: 'owner' },
]
const environment = { LATCHKEY_PROFILE_ATTRIBUTES: JSON.stringify(declared) }

const run = (t: TestContext, latchkey: TestLatchkey, ...args: string[]) =>
  runLatchkey(t, { environment: latchkey.environment, args: ['accounts', ...args] })

/** Runs a command that must succeed. @returns its standard output */
async function succeed(t: TestContext, latchkey: TestLatchkey, ...args: string[]) {
  const { code, stdout, stderr } = await run(t, latchkey, ...args)
  assert.deepEqual([code, stderr], [0, ''], args.join(' '))
  return stdout
}

onEachDatabase((latchkey) => {
  test('groups are added, removed and set by command, with the command line as the author', async (t) => {
    const ada = await latchkey.owner()
    assert.match(await succeed(t, latchkey, 'groups', ada.email), /has: no groups\. Nothing/)
    const added = await succeed(t, latchkey, 'groups', ada.email, '--add', 'staff, berlin')
    assert.match(added, /now has: berlin, staff\./)
    await succeed(t, latchkey, 'groups', ada.email, '--add', 'admins', '--remove', 'berlin')
    const set = ['groups', ada.email, '--set', 'staff', '--reason', 'Moved', '--json']
    assert.deepEqual(JSON.parse(await succeed(t, latchkey, ...set)).user.profile.groups, ['staff'])
    assert.deepEqual((await ada.get('/settings/Profile')).body.groups, ['staff'])
    const [entry] = (await ada.get('/settings/Activity')).body.activity
    const detail = { added: '', removed: 'admins', by: 'the command line', why: 'Moved' }
    assert.deepEqual([entry.type, entry.detail], ['groups.changed', detail])
    await succeed(t, latchkey, 'groups', ada.email, '--set', '')
    assert.deepEqual((await ada.get('/settings/Profile')).body.groups, [])
  })

  test('name, username, picture and attributes are changed and removed by command, and shown', async (t) => {
    const ada = await latchkey.owner()
    const picture = 'https://pictures.example.com/ada.png'
    const attributes = ['department=R&D=2', 'floor=3', 'newsletter=true'].flatMap((input) => [
      '--attribute',
      input,
    ])
    const given = ['--name', 'Ada', '--username', 'ada', '--picture', picture, ...attributes]
    await succeed(t, latchkey, 'profile', ada.email, ...given)
    assertBody(await ada.get('/settings/Profile'), 200, {
      name: 'Ada',
      preferredUsername: 'ada',
      picture,
      attributes: { department: 'R&D=2', floor: 3, newsletter: true },
    })
    const shown = await succeed(t, latchkey, 'show', ada.email)
    assert.match(shown, /name +Ada\n +username +ada\n +picture +https:\/\/pictures/)
    assert.match(shown, /attributes +department=R&D=2, floor=3, newsletter=true\n/)

    const removed = ['--name', '', '--username', '', '--picture', '', '--attribute', 'floor=']
    await succeed(t, latchkey, 'profile', ada.email, ...removed)
    assertBody(await ada.get('/settings/Profile'), 200, {
      name: null,
      preferredUsername: null,
      picture: null,
      attributes: { department: 'R&D=2', newsletter: true },
    })
    assert.match(await succeed(t, latchkey, 'profile', ada.email), /Nothing changed\.\n$/)
  })

  test('an import carries profiles and groups, and refuses a username that is taken', async (t) => {
    const profile = {
      name: 'Joan Clarke',
      preferredUsername: 'Joan',
      picture: 'https://pictures.example.com/joan.png',
      groups: ['hut-8', 'staff'],
      attributes: { department: 'Cryptanalysis', floor: 1, newsletter: false },
    }
    const records = [
      { email: 'joan@example.com', ...profile },
      { email: 'second@example.com', preferredUsername: 'joan' },
      { email: 'third@example.com', groups: ['staff'] },
    ]
    const file = writeImportFile(t, records)
    for (const flags of [['--check'], []]) {
      const { code, stderr } = await runImport(t, latchkey, file, ...flags)
      assert.deepEqual(
        [code, stderr],
        [65, 'line 2: another account has this preferredUsername\n'],
        flags.join(),
      )
    }
    const again = await runImport(t, latchkey, file)
    assert.match(again.stdout, /3 lines: 0 imported, 2 already there, 1 refused/)

    const exported = join(createTempFolder(t), 'accounts.jsonl')
    await run(t, latchkey, 'export', '--to', exported)
    const lines = readFileSync(exported, 'utf8').trim().split('\n')
    const of = (email: string) =>
      lines.map((line) => JSON.parse(line)).find((line) => line.email === email)
    const { email: _, mfaMethod: _off, createdAt: _at, ...joan } = of('joan@example.com')
    assert.deepEqual(joan, profile)
    assert.deepEqual(of('third@example.com').groups, ['staff'])

    const elsewhere = new TestLatchkey(latchkey.databaseKind, environment)
    await elsewhere.start()
    t.after(() => elsewhere.stop())
    const imported = await runImport(t, elsewhere, exported)
    assert.deepEqual([imported.code, imported.stderr], [0, ''])
    const shown = JSON.parse(await succeed(t, elsewhere, 'show', 'joan@example.com', '--json'))
    const { locale: _en, updatedAt: _then, ...there } = shown.profile
    assert.deepEqual(there, profile)
    const signUp = await elsewhere.post('/auth/SignUp', {
      email: 'stranger@example.com',
      password: 'a sentence of a stranger',
      preferredUsername: 'JOAN',
    })
    assertProblem(signUp, 409, 'username_taken')
  })
}, environment)

onDatabase(
  'SQLite',
  (latchkey) => {
    test('wrong values and options are refused, and change nothing', async (t) => {
      const ada = await latchkey.owner()
      for (const [args, code, message] of [
        [['profile', ada.email, '--username', 'a@b.example'], 1, /^preferredUsername must have/],
        [
          ['profile', ada.email, '--attribute', 'floor=third'],
          1,
          /^attributes\/floor must be a num/,
        ],
        [['profile', ada.email, '--attribute', 'newsletter=yes'], 1, /must be true or false/],
        [
          ['profile', ada.email, '--attribute', 'other=1'],
          1,
          /is not an attribute that the operator/,
        ],
        [['profile', ada.email, '--attribute', 'floor'], 64, /is not name=value/],
        [['groups', ada.email, '--add', 'two words'], 1, /^groups must be labels/],
        [['groups', ada.email, '--add', 'a', '--set', 'b'], 64, /Pass --set alone/],
        [['groups', 'nobody@example.com', '--add', 'a'], 1, /No account has the address/],
      ] as const) {
        const result = await run(t, latchkey, ...args)
        assert.deepEqual([result.code, result.stdout], [code, ''], args.join(' '))
        assert.match(result.stderr, message)
      }
      const { name, groups, attributes } = (await ada.get('/settings/Profile')).body
      assert.deepEqual([name, groups, attributes], [null, [], {}])
    })
  },
  environment,
)

/** The samples of client/README.md compile and run in a user's project. */
import assert from 'node:assert/strict'
import { execFile } from 'node:child_process'
import { cpSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { type TestContext, test } from 'node:test'
import { promisify } from 'node:util'
import { travel } from '../support/clock.ts'
import { onDatabase } from '../support/latchkey.ts'
import { codeBlock, root } from '../support/markdown.ts'
import { createTempFolder } from '../support/process.ts'

const page = 'client/README.md'
const minute = 60_000

/** A user's project with the client and the samples. */
function createProject(t: TestContext, origin = 'http://localhost:4000'): string {
  const folder = createTempFolder(t)
  cpSync(join(root, 'client/latchkey.ts'), join(folder, 'latchkey.ts'))
  for (const file of ['first-call.ts', 'session.ts']) {
    const sample = codeBlock(page, 'ts', `// ${file}`)
    assert.ok(sample.includes('http://localhost:4000'))
    writeFileSync(join(folder, file), sample.replace('http://localhost:4000', origin))
  }
  writeFileSync(join(folder, 'package.json'), '{ "type": "module" }')
  return folder
}

/** Runs a script of a folder in a child process. @throws with its output if it fails */
function node(folder: string, ...script: string[]) {
  return promisify(execFile)(process.execPath, script, { cwd: folder, timeout: 60_000 })
}

const tsc = join(root, 'node_modules/.bin/tsc')

onDatabase('SQLite', (latchkey) => {
  test('the client and the samples compile for a browser page without Node types', async (t) => {
    const folder = createProject(t)
    const compilerOptions = {
      strict: true,
      noUncheckedIndexedAccess: true,
      exactOptionalPropertyTypes: true,
      noUnusedLocals: true,
      noEmit: true,
      allowImportingTsExtensions: true,
      erasableSyntaxOnly: true,
      isolatedModules: true,
      module: 'esnext',
      moduleResolution: 'bundler',
      target: 'es2022',
      lib: ['es2022', 'dom'],
      types: [],
    }
    writeFileSync(join(folder, 'tsconfig.json'), JSON.stringify({ compilerOptions }))
    // The client's passkey types are assignable to and from the browser's.
    writeFileSync(
      join(folder, 'passkeys.ts'),
      `import type { RegistrationResponseJSON } from './latchkey.ts'
       import { latchkey } from './session.ts'
       const begun = await latchkey.settings.passkeys.post({ currentPassword: 'a long sentence' })
       if (begun.ok && begun.status === 200) {
         PublicKeyCredential.parseCreationOptionsFromJSON(begun.data.options)
       }
       const signIn = await latchkey.auth.signIn.passkey.post()
       if (signIn.ok) PublicKeyCredential.parseRequestOptionsFromJSON(signIn.data.options)
       declare const made: PublicKeyCredential
       const response = made.toJSON() as RegistrationResponseJSON
       await latchkey.settings.passkeys.verify.post({ response })`,
    )
    await node(folder, tsc).catch(({ stdout }) => assert.fail(stdout))
  })

  test('the JavaScript compiled as in the README runs unchanged', async (t) => {
    const folder = createProject(t)
    const [npx, dash, typescript, command, ...options] = codeBlock(page, 'sh').split(' ')
    assert.deepEqual([npx, dash, typescript, command], ['npx', '-p', 'typescript', 'tsc'])
    await node(folder, tsc, ...options)
    const { createLatchkey } = await import(join(folder, 'latchkey.js'))
    const live = await createLatchkey({ baseUrl: latchkey.origin }).health.live.get()
    assert.deepEqual(live, { ok: true, status: 200, data: { status: 'ok' } })
  })

  test('the first sample prints the problem it receives', async (t) => {
    const { stdout, stderr } = await node(createProject(t, latchkey.origin), 'first-call.ts')
    assert.equal(stderr, '')
    assert.match(stdout, /^invalid_credentials The address or the password/)
  })

  test('the session sample refreshes once for concurrent calls with an expired token', async (t) => {
    const { latchkey: client, keep } = await import(
      join(createProject(t, latchkey.origin), 'session.ts')
    )
    const ada = await latchkey.owner()
    keep((await ada.signIn()).body)
    for (let round = 0; round < 3; round += 1) {
      const answers = await Promise.all(
        Array.from({ length: 5 }, () => client.settings.mfaSignIn.get()),
      )
      assert.deepEqual([...new Set(answers.map(({ status }) => status))], [200])
      travel(11 * minute)
    }
  })

  test('the session sample discards tokens only once they are invalid', async (t) => {
    const { latchkey: client, keep } = await import(
      join(createProject(t, latchkey.origin), 'session.ts')
    )
    const ada = await latchkey.owner()
    keep((await ada.signIn()).body)
    travel(11 * minute)
    await latchkey.stopKeepingData()
    const away = await client.settings.get()
    assert.equal(away.problem.code, 'network')
    await latchkey.start()
    assert.equal((await client.settings.get()).status, 200)

    await client.auth.signOut.post()
    travel(11 * minute)
    const ended = await client.settings.get()
    assert.equal(ended.problem.code, 'missing_token')
  })
})

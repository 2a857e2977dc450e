/** Other backends copy the samples of docs/verify-tokens.md, so a hole in one would be theirs. */
import assert from 'node:assert/strict'
import { execFile } from 'node:child_process'
import { createPrivateKey, createPublicKey } from 'node:crypto'
import { symlinkSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { after, before, test } from 'node:test'
import { promisify } from 'node:util'
import { generateKeyPair, type JWTHeaderParameters, SignJWT, UnsecuredJWT } from 'jose'
import { parseKeyring } from '../../src/keys/keyring.ts'
import { sealContext } from '../../src/keys/sealed-columns.ts'
import { TestLatchkey } from '../support/latchkey.ts'
import { codeBlock, codeBlocksIn, readPage, root } from '../support/markdown.ts'
import { createTempFolder } from '../support/process.ts'
import { requireWorking } from '../support/tool.ts'

const run = promisify(execFile)
const page = 'docs/verify-tokens.md'

const latchkey = new TestLatchkey('SQLite')
before(() => latchkey.start())
after(() => latchkey.stop())

/** How to run each sample: `driver` calls it in `file` with each token of its argument. */
const samples = [
  {
    language: 'js',
    file: 'verify.mjs',
    needs: [process.execPath, '--version'],
    command: [process.execPath, '--input-type=module', '--eval'],
    driver: `import { claimsOf } from './verify.mjs'
      const answers = []
      for (const token of JSON.parse(process.argv.at(-1))) {
        answers.push(await claimsOf(token).catch((error) => error.message))
      }
      console.log(JSON.stringify(answers))`,
  },
  {
    language: 'python',
    file: 'verify.py',
    // Debian's own: another Python on the machine may lack the library.
    needs: ['/usr/bin/python3', '-c', 'import jwt, cryptography'],
    command: ['/usr/bin/python3', '-c'],
    driver: `
import json, sys, jwt
from verify import claims_of
def answer(token):
    try:
        return claims_of(token)
    except jwt.PyJWTError as error:
        return str(error)
print(json.dumps([answer(token) for token in json.loads(sys.argv[-1])]))`,
  },
  {
    language: 'ruby',
    file: 'verify.rb',
    needs: ['ruby', '-r', 'jwt', '-e', ''],
    command: ['ruby', '-I', '.', '-e'],
    driver: `
      require 'verify'
      answers = JSON.parse(ARGV.last).map do |token|
        claims_of(token)
      rescue JWT::DecodeError => error
        error.message
      end
      puts JSON.generate(answers)`,
  },
]

for (const { language, file, needs, command, driver } of samples) {
  test(`the ${language} sample accepts real tokens and rejects forged ones`, async (t) => {
    const [needed = '', ...how] = needs
    if (!(await requireWorking(t, needed, ...how))) return
    // By SMS, because an authenticator would travel in time, unlike the clocks of the samples.
    const ada = await latchkey.owner({ mfaMethod: 'sms' })
    await ada.signInFully()
    const forged = await forgeries(ada.accessToken)
    const folder = createTempFolder(t)
    const sample = codeBlock(page, language).replaceAll('http://localhost:4000', latchkey.origin)
    writeFileSync(join(folder, file), sample)
    symlinkSync(join(root, 'node_modules'), join(folder, 'node_modules'))

    const [program = '', ...args] = command
    const tokens = [ada.accessToken, ...Object.values(forged)]
    const { stdout } = await run(program, [...args, driver, JSON.stringify(tokens)], {
      cwd: folder,
    })

    const [claims, ...refusals] = JSON.parse(stdout)
    assert.equal(claims.iss, latchkey.origin)
    assert.deepEqual([claims.acr, claims.amr], ['aal2', ['pwd', 'sms', 'mfa']])
    for (const [i, name] of Object.keys(forged).entries()) {
      assert.equal(typeof refusals[i], 'string', `${language} accepted a token with ${name}`)
    }
  })
}

test('a token has the form that the page shows', async () => {
  const ada = await latchkey.owner({ mfaMethod: 'authenticator' })
  await ada.signInFully()
  const real = ada.accessToken.split('.').slice(0, 2).map(decode)
  const shown = codeBlocksIn(readPage(page)).filter(({ language }) => language === 'json')
  assert.equal(shown.length, 2)
  for (const [i, { text }] of shown.entries()) {
    const parsed = JSON.parse(text)
    assert.deepEqual(Object.keys(real[i] ?? {}).sort(), Object.keys(parsed).sort())
    for (const name of ['alg', 'typ', 'amr', 'acr']) {
      assert.deepEqual(real[i]?.[name], parsed[name], name)
    }
  }
})

test('where MFA is required, the token of an account without MFA has the audience that the page shows', async (t) => {
  const strict = new TestLatchkey('SQLite', { LATCHKEY_MFA_POLICY: 'required' })
  await strict.start()
  t.after(() => strict.stop())
  const ada = await strict.owner()
  const { aud } = decode(ada.accessToken.split('.')[1] ?? '')
  assert.equal(aud, setUpAudience(strict.origin))
})

/** The audience of setup tokens as on the page, for another origin. */
function setUpAudience(origin = latchkey.origin): string {
  const [, shown = ''] = /^"aud": "(.+)"$/.exec(codeBlock(page, 'text')) ?? []
  return shown.replace('http://localhost:4000', origin)
}

function decode(part: string): Record<string, unknown> {
  return JSON.parse(Buffer.from(part, 'base64url').toString())
}

/** Tokens that differ from a real one in one thing, signed with the service's own key if possible. */
async function forgeries(real: string): Promise<Record<string, string>> {
  const [header, payload] = real.split('.').slice(0, 2).map(decode)
  const { id, private_jwk_sealed } = (await latchkey.sql('select * from signing_key'))[0]
  const keyring = parseKeyring(latchkey.environment.LATCHKEY_ENCRYPTION_KEYS ?? '')
  const ours = JSON.parse(keyring.open(private_jwk_sealed, sealContext('signing_key', id)))
  const strangers = await generateKeyPair('ES256')
  const pem = createPublicKey(createPrivateKey({ key: ours, format: 'jwk' })).export({
    type: 'spki',
    format: 'pem',
  })
  const signed = (
    changes: object,
    changedHeader: object = {},
    key: Parameters<SignJWT['sign']>[0] = ours,
  ) =>
    new SignJWT({ ...payload, ...changes })
      .setProtectedHeader({ ...header, ...changedHeader } as JWTHeaderParameters)
      .sign(key)

  const [head, body, signature = ''] = real.split('.')
  return {
    'another audience': await signed({ aud: 'https://other.example.com' }),
    'the audience of tokens that only set MFA up': await signed({ aud: setUpAudience() }),
    'another issuer': await signed({ iss: 'https://other.example.com' }),
    'another type': await signed({}, { typ: 'JWT' }),
    'an exp in the past': await signed({ exp: Math.floor(Date.now() / 1000) - 60 }),
    'no exp': await signed({ exp: undefined }),
    'another key with our kid': await signed({}, {}, strangers.privateKey),
    'a key that is not published': await signed({}, { kid: 'other' }, strangers.privateKey),
    'HMAC with the public key': await signed({}, { alg: 'HS256' }, Buffer.from(pem)),
    'no signature': new UnsecuredJWT(payload).encode(),
    'a signature that was changed': [head, body, signature.replace(/^./, other)].join('.'),
  }

  function other(first: string): string {
    return first === 'A' ? 'B' : 'A'
  }
}

/** A token has one spelling: near misses, and tokens sent in other ways, are refused. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { decodeToken, loadSigningKey, signToken } from '../support/forge-token.ts'
import { onEachDatabase } from '../support/latchkey.ts'
import { formatRequestHead, sendRaw } from '../support/raw-http.ts'

const path = '/settings/MfaSignIn'
const alphabet = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_'

onEachDatabase((latchkey) => {
  /** A valid token that the service has verified and cached. */
  async function cachedToken() {
    const ada = await latchkey.owner()
    assert.equal((await ada.get(path)).status, 200)
    return ada.accessToken
  }

  async function assertRefused(tokens: string[], good: string) {
    for (const token of new Set(tokens)) {
      if (token === good) continue
      const { status } = await latchkey.get(path, { token })
      assert.equal(status, 401, token)
    }
    assert.equal((await latchkey.get(path, { token: good })).status, 200)
  }

  test('a token with any one character changed is refused', async () => {
    const good = await cachedToken()
    const changed = Array.from(good, (character, i) => {
      const other = alphabet[(alphabet.indexOf(character) + 1 + (i % 62)) % 64]
      return good.slice(0, i) + other + good.slice(i + 1)
    })
    await assertRefused(changed, good)
  })

  // Abuse case (Sessions and tokens): A truncated or differently spelled token was accepted.
  test('a token cut at its end or its beginning is refused, however little is missing', async () => {
    const good = await cachedToken()
    const cut = Array.from(good, (_, i) => [good.slice(0, i), good.slice(i)]).flat()
    await assertRefused(
      cut.filter((token) => token !== ''),
      good,
    )
  })

  // Abuse case (Sessions and tokens): A truncated or differently spelled token was accepted.
  test('every other spelling of the same bytes is refused', async () => {
    const good = await cachedToken()
    const [header, claims, signature] = good.split('.') as [string, string, string]
    // 64 bytes leave four bits of the last character unused: sixteen characters decode alike.
    const lastOnes = Array.from(alphabet, (last) => good.slice(0, -1) + last)
    const padded = ['=', '=='].flatMap((end) => [
      `${good}${end}`,
      `${header}${end}.${claims}.${signature}`,
      `${header}.${claims}${end}.${signature}`,
    ])
    const otherAlphabet = good.replaceAll('-', '+').replaceAll('_', '/')
    const more = [`${good}.`, `.${good}`, `${good}.${signature}`, good.replace('.', '..')]
    await assertRefused([...lastOnes, ...padded, otherAlphabet, ...more], good)
  })

  test('a huge token is refused, even if the service signed it', async () => {
    const good = await cachedToken()
    const { privateKey } = await loadSigningKey(latchkey)
    const { header, claims } = decodeToken(good)
    await assertRefused(
      [
        signToken(privateKey, header, { ...claims, more: 'x'.repeat(5000) }),
        'x'.repeat(15_000),
        `${'.'.repeat(15_000)}`,
        `${'='.repeat(15_000)}`,
        `${'a.'.repeat(7_000)}`,
      ],
      good,
    )
  })

  // Abuse case (Input and output): Another site made a signed-in browser turn MFA off: its cookie
  // was enough.
  test('a token is accepted in the Authorization header only', async () => {
    const token = await cachedToken()
    const elsewhere: [string, Record<string, string>][] = [
      [`${path}?access_token=${token}`, {}],
      [`${path}?token=${token}`, {}],
      [path, { cookie: `access_token=${token}; token=${token}; Authorization=Bearer ${token}` }],
      [path, { 'x-access-token': token, 'x-authorization': `Bearer ${token}` }],
      [path, { 'proxy-authorization': `Bearer ${token}` }],
    ]
    for (const [url, headers] of elsewhere) {
      const answer = await latchkey.get(url, { headers })
      assert.equal(`${answer.status} ${answer.body.code}`, '401 missing_token')
      assert.equal(answer.headers.get('www-authenticate'), 'Bearer')
    }
    for (const name of ['access_token', 'token', 'accessToken']) {
      const answer = await latchkey.delete(path, { body: { [name]: token } })
      assert.equal(answer.body.code, 'missing_token')
    }
  })

  test('the scheme is case-insensitive and may be followed by several spaces', async () => {
    const token = await cachedToken()
    for (const start of ['Bearer ', 'bearer ', 'BEARER ', 'bEaReR   ']) {
      const { status } = await latchkey.get(path, { headers: { authorization: start + token } })
      assert.equal(status, 200, start)
    }
  })

  // Abuse case (Sessions and tokens): A malformed `Authorization` header was accepted or caused a
  // failure (GHSA-xmf8-cvqr-rfgj).
  test('no malformed Authorization header is accepted or causes a failure', async () => {
    const good = await cachedToken()
    const piece = fc.oneof(
      fc.constantFrom(
        'Bearer',
        'bearer',
        'Basic',
        'Token',
        ' ',
        '  ',
        '\t',
        ',',
        '=',
        '"',
        '.',
        ':',
      ),
      fc.constantFrom(
        good,
        good.slice(0, -1),
        'a.b.c',
        '..',
        '{}',
        'null',
        'realm="x"',
        '\xff',
        '\x7f',
      ),
      fc.string({ unit: 'binary-ascii', maxLength: 20 }),
      fc.string({ maxLength: 20 }),
    )
    const header = fc.array(piece, { maxLength: 6 }).map((pieces) => pieces.join(''))
    const fine = new RegExp(`^\\s*bearer +${RegExp.escape(good)}\\s*$`, 'i')
    await fc.assert(
      fc.asyncProperty(header, async (value) => {
        fc.pre(!/[\r\n]/.test(value) && !fine.test(value))
        const { status, text } = await sendRaw(
          latchkey,
          `${formatRequestHead('DELETE', path, `Authorization: ${value}`)}\r\n`,
        )
        const { code } = JSON.parse(text)
        // The HTTP parser rejects control characters before there is a request.
        assert.match(`${status} ${code}`, /^(401 (invalid|missing)_token|400 malformed_request)$/)
      }),
      { numRuns: 400 },
    )
  })

  test('two Authorization headers are refused as ambiguous', async () => {
    const good = await cachedToken()
    for (const values of [
      [`Bearer ${good}`, 'Bearer x'],
      ['Bearer x', `Bearer ${good}`],
      ['Basic YTpi', `Bearer ${good}`],
    ]) {
      const lines = values.map((value) => `Authorization: ${value}`)
      const { status, text } = await sendRaw(
        latchkey,
        `${formatRequestHead('GET', path, ...lines)}\r\n`,
      )
      assert.equal(`${status} ${JSON.parse(text).code}`, '400 malformed_request')
    }
  })
})

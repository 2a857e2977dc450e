/**
 * The minimal service that does Latchkey's work: node:http, one signature check, one row; for turning
 * MFA off one durable transaction, or one for all calls of a turn of the event loop. It uses a copy of Latchkey's database and accepts its tokens.
 */
import { createPublicKey, hash, type KeyObject, verify } from 'node:crypto'
import { createServer, type ServerResponse } from 'node:http'
import { DatabaseSync, type SQLOutputValue } from 'node:sqlite'
import { prepareTurnOff } from './support/turn-off.ts'

const db = new DatabaseSync(process.env.DATABASE ?? '')
db.exec('pragma journal_mode = wal; pragma synchronous = full; pragma foreign_keys = on')

const [jwk] = JSON.parse(process.env.JWKS ?? '').keys
const key = createPublicKey({ key: jwk, format: 'jwk' })
const selectSession = db.prepare(
  `select account.id, mfa_on_since, mfa_method, mfa_changed_at
   from session join account on account.id = account_id where session.id = ?`,
)
const turnOff = prepareTurnOff(db)
const verifiedTokens = new Map<string, string>()

/** Calls of one turn of the event loop whose turn-offs are committed together, and then answered. */
let group: (() => void)[] = []

createServer((request, response) => {
  if (request.url === '/health/live') return response.end()

  const token = request.headers.authorization?.slice('Bearer '.length) ?? ''
  const sid = request.url === '/verified' ? verifiedSessionId(token, key) : cachedSessionId(token)
  const row = sid && selectSession.get(sid)
  if (!row) {
    response.statusCode = 401
    return response.end()
  }
  const [account, session] = [String(row.id), String(sid)]
  const respond = () => send(response, row, request.method !== 'DELETE')
  if (request.url === '/grouped') return turnOffInGroup(account, session, respond)
  if (request.method === 'DELETE') {
    turnOff.begin()
    turnOff.change(account, session)
    turnOff.commit()
  }
  respond()
}).listen(Number(process.env.LATCHKEY_PORT), '127.0.0.1')

function turnOffInGroup(account: string, session: string, respond: () => void): void {
  if (group.length === 0) {
    turnOff.begin()
    setImmediate(() => {
      turnOff.commit()
      const answered = group
      group = []
      for (const respondToCall of answered) respondToCall()
    })
  }
  turnOff.change(account, session)
  group.push(respond)
}

function send(
  response: ServerResponse,
  row: Record<string, SQLOutputValue>,
  enabled: boolean,
): void {
  const body = JSON.stringify({
    enabled: enabled && row.mfa_on_since !== null,
    mfaMethod: row.mfa_method,
    availableMethods: ['authenticator'],
    changedAt: new Date(Number(row.mfa_changed_at)).toISOString(),
  })
  response.setHeader('content-type', 'application/json')
  response.setHeader('content-length', Buffer.byteLength(body))
  response.end(body)
}

/** The session of a token, which is verified the first time only. */
function cachedSessionId(token: string): string | undefined {
  const digest = hash('sha256', token, 'base64url')
  const sid = verifiedTokens.get(digest) ?? verifiedSessionId(token, key)
  if (sid) verifiedTokens.set(digest, sid)
  return sid
}

function verifiedSessionId(token: string, key: KeyObject): string | undefined {
  const [header = '', payload = '', signature = ''] = token.split('.')
  const isValid = verify(
    'sha256',
    Buffer.from(`${header}.${payload}`),
    { key, dsaEncoding: 'ieee-p1363' },
    Buffer.from(signature, 'base64url'),
  )
  return isValid ? JSON.parse(Buffer.from(payload, 'base64url').toString()).sid : undefined
}

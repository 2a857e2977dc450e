/** Authlib, the library of many Python applications, as Debian packages it. */
import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { createInterface } from 'node:readline'
import { test } from 'node:test'
import { AppBrowser } from '../support/app-browser.ts'
import { addApp } from '../support/apps.ts'
import { onDatabase } from '../support/latchkey.ts'
import { stopChild } from '../support/process.ts'
import { requireWorking } from '../support/tool.ts'

// Debian’s own: another Python on the machine may lack the library.
const python = '/usr/bin/python3'

/** Prints where people sign in, reads where they came back to, and prints what it learned. */
const application = `
import json, sys
import requests
from authlib.integrations.requests_client import OAuth2Session
from authlib.jose import JsonWebKey, jwt
from authlib.oidc.core import CodeIDToken

issuer, client_id, secret, redirect_uri = sys.argv[1:]
provider = requests.get(issuer + '/.well-known/openid-configuration').json()
client = OAuth2Session(client_id, secret, scope='openid email', redirect_uri=redirect_uri,
                       code_challenge_method='S256')
verifier, nonce = 'v' * 48, 'a-nonce'
url, state = client.create_authorization_url(provider['authorization_endpoint'],
                                             code_verifier=verifier, nonce=nonce)
print(url, flush=True)
callback = sys.stdin.readline().strip()
token = client.fetch_token(provider['token_endpoint'], authorization_response=callback,
                           state=state, code_verifier=verifier)
keys = JsonWebKey.import_key_set(requests.get(provider['jwks_uri']).json())
claims = jwt.decode(token['id_token'], keys, claims_cls=CodeIDToken, claims_options={
    'iss': {'essential': True, 'value': issuer}, 'aud': {'essential': True, 'value': client_id}},
    claims_params={'nonce': nonce})
claims.validate()
userinfo = client.get(provider['userinfo_endpoint']).json()
renewed = client.refresh_token(provider['token_endpoint'], token['refresh_token'])
print(json.dumps({'claims': claims, 'userinfo': userinfo,
                  'renewed': renewed['access_token'] != token['access_token']}))
`

onDatabase('SQLite', (latchkey) => {
  test('a Python application signs a person in by Authlib, verifies the ID token, and refreshes', async (t) => {
    const needed = 'import authlib.integrations.requests_client'
    if (!(await requireWorking(t, python, '-c', needed))) return
    const redirectUri = 'https://python.example.com/callback'
    const uris = ['--url', 'https://python.example.com', '--redirect-uri', redirectUri]
    const { clientId, clientSecret = '' } = await addApp(
      t,
      latchkey,
      'Python',
      ...uris,
      '--trusted',
    )
    const ada = await latchkey.owner({ mfaMethod: 'authenticator' })
    const browser = new AppBrowser(latchkey)
    await browser.signIn(ada)

    const args = ['-c', application, latchkey.origin, clientId, clientSecret, redirectUri]
    const child = spawn(python, args, {
      env: { AUTHLIB_INSECURE_TRANSPORT: '1' },
      stdio: ['pipe', 'pipe', 'inherit'],
    })
    t.after(() => stopChild(child))
    const lines = createInterface(child.stdout)[Symbol.asyncIterator]()
    const { value: url } = await lines.next()
    assert.ok(url, 'Authlib ended')
    const arrival = await browser.authorize(await browser.open(url))
    child.stdin.end(`${arrival.url}\n`)
    const { value: answer } = await lines.next()
    const { claims, userinfo, renewed } = JSON.parse(answer ?? '')
    assert.deepEqual([claims.email, claims.acr], [ada.email, 'aal2'])
    assert.deepEqual([userinfo.sub, renewed], [claims.sub, true])
  })
})

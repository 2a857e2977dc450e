/** An owner who keeps using the account while nodes fail. Every wrong response fails the test. */
import assert from 'node:assert/strict'
import { SoftwareAuthenticator } from '../software-authenticator.ts'
import { type NodeResponse, type Nodes, outcomeUnknown } from './nodes.ts'

export class VirtualUser {
  readonly email: string
  readonly password: string
  readonly passkey: SoftwareAuthenticator
  readonly #nodes: Nodes
  /** Verifies an access token as a backend would, with the published keys only. */
  readonly #verify: (token: string) => Promise<{ sub?: string }>
  accessToken = ''
  refreshToken = ''
  mfaOn = false
  /** How often MFA was turned on and off, with or without a response. */
  turnOnCount = 0
  turnOffCount = 0
  /** Actions that completed. */
  completedActions = 0

  constructor(
    nodes: Nodes,
    publicUrl: string,
    number: number,
    verify: (token: string) => Promise<{ sub?: string }>,
  ) {
    this.#nodes = nodes
    this.#verify = verify
    this.email = `person-${number}@example.com`
    this.password = `a long sentence ${number}`
    this.passkey = new SoftwareAuthenticator(publicUrl)
  }

  /** @param codeSentTo reads the newest code in a mailbox */
  async signUp(codeSentTo: (email: string) => Promise<string>): Promise<void> {
    const { email, password } = this
    const body = { email, password }
    const begun = await this.#callExpecting('POST', '/auth/SignUp', { body }, 202)
    const { signUpToken } = begun.body
    const code = await codeSentTo(email)
    const result = await this.#callExpecting(
      'POST',
      '/auth/SignUp/Verify',
      { body: { signUpToken, code } },
      201,
    )
    this.#storeTokens(result)
    const started = await this.#callExpecting(
      'POST',
      '/settings/Passkeys',
      this.#bearer({ currentPassword: password }),
      200,
    )
    const response = this.passkey.create(started.body.options)
    await this.#callExpecting('POST', '/settings/Passkeys/Verify', this.#bearer({ response }), 201)
  }

  /** Performs a random action of an owner. */
  async performRandomAction(): Promise<void> {
    const actions = [
      () => this.read(),
      () => this.read(),
      () => this.refresh(),
      () => this.signIn(),
      () => (this.mfaOn ? this.turnOff() : this.turnOn()),
      () => this.signOut(),
    ]
    await actions[Math.floor(Math.random() * actions.length)]?.()
    this.completedActions += 1
  }

  async read(): Promise<void> {
    const { sub } = await this.#verify(this.accessToken)
    assert.ok(sub, 'the token has no subject')
    const { status, body } = await this.#nodes.requestUntilKnown(
      'GET',
      '/settings/MfaSignIn',
      this.#bearer(),
    )
    assert.deepEqual([status, body.enabled], [200, this.mfaOn], `${this.email} ${body.code}`)
  }

  async refresh(): Promise<void> {
    const { refreshToken } = this
    const result = await this.#nodes.request('POST', '/auth/Refresh', { body: { refreshToken } })
    // The refresh is repeated for a lost response (docs/decisions/0001).
    if (result === outcomeUnknown) return this.refresh()
    this.#storeTokens(result)
  }

  async signIn(): Promise<void> {
    for (;;) {
      const { email, password } = this
      const started = await this.#nodes.request('POST', '/auth/SignIn', {
        body: { email, password },
      })
      if (started === outcomeUnknown) continue
      assert.equal(started.status, 200, `${email} ${JSON.stringify(started.body)}`)
      assert.equal(started.body.status, this.mfaOn ? 'mfaRequired' : 'signedIn', email)
      if (!this.mfaOn) return this.#storeTokens(started)

      const { mfaToken } = started.body
      const challenge = await this.#nodes.request('POST', '/auth/SignIn/Passkey', {
        body: { mfaToken },
      })
      if (challenge === outcomeUnknown) continue
      assert.equal(challenge.status, 200, `${email} ${JSON.stringify(challenge.body)}`)
      const { passkeyToken, options } = challenge.body
      const result = await this.#nodes.request('POST', '/auth/SignIn/Passkey/Verify', {
        body: { passkeyToken, response: this.passkey.get(options) },
      })
      if (result === outcomeUnknown) continue
      return this.#storeTokens(result)
    }
  }

  async turnOff(): Promise<void> {
    const result = await this.#nodes.request('DELETE', '/settings/MfaSignIn', this.#bearer())
    await this.#confirmChange(result, false)
  }

  async turnOn(): Promise<void> {
    const request = { mfaMethod: 'passkey' }
    const path = '/settings/MfaSignIn'
    const started = await this.#nodes.requestUntilKnown('POST', path, this.#bearer(request))
    assert.equal(started.status, 202, `${this.email} ${JSON.stringify(started.body)}`)
    const assertion = this.passkey.get(started.body.options)
    const result = await this.#nodes.request('POST', path, this.#bearer({ ...request, assertion }))
    await this.#confirmChange(result, true)
  }

  /** Signs out, and checks that every node rejects the session at once. */
  async signOut(): Promise<void> {
    const { accessToken } = this
    const result = await this.#nodes.request('POST', '/auth/SignOut', this.#bearer())
    if (result !== outcomeUnknown) {
      assert.equal(result.status, 204, JSON.stringify(result.body))
      for (const _ of this.#nodes.origins) {
        const { status } = await this.#nodes.requestUntilKnown('GET', '/settings', {
          token: accessToken,
        })
        assert.equal(status, 401, 'an ended session still works')
      }
    }
    await this.signIn()
  }

  /** Checks a change, or finds out whether it took effect if the response was lost. */
  async #confirmChange(
    result: NodeResponse | typeof outcomeUnknown,
    wanted: boolean,
  ): Promise<void> {
    if (result !== outcomeUnknown) {
      assert.equal(result.status, 200, `${this.email} ${JSON.stringify(result.body)}`)
    }
    const now = await this.#nodes.requestUntilKnown('GET', '/settings/MfaSignIn', this.#bearer())
    assert.equal(now.status, 200, `${this.email} ${JSON.stringify(now.body)}`)
    if (result !== outcomeUnknown)
      assert.equal(now.body.enabled, wanted, 'a confirmed change is lost')
    if (now.body.enabled === this.mfaOn) return
    this.mfaOn = now.body.enabled
    if (this.mfaOn) this.turnOnCount += 1
    else this.turnOffCount += 1
  }

  #bearer(body?: unknown) {
    return { token: this.accessToken, ...(body !== undefined && { body }) }
  }

  async #callExpecting(
    method: string,
    path: string,
    request: object,
    status: number,
  ): Promise<NodeResponse> {
    const result = await this.#nodes.requestUntilKnown(method, path, request)
    assert.equal(result.status, status, `${method} ${path} ${JSON.stringify(result.body)}`)
    return result
  }

  #storeTokens({ body }: NodeResponse): void {
    assert.equal(body.status, 'signedIn', `${this.email} ${JSON.stringify(body)}`)
    this.accessToken = body.accessToken
    this.refreshToken = body.refreshToken
  }
}

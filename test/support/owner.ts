import assert from 'node:assert/strict'
import { Secret, TOTP } from 'otpauth'
import { travelToNextStep } from './clock.ts'
import type { ApiResponse, CallOptions, TestLatchkey } from './latchkey.ts'
import { addPasskey, startPasskeySignIn, verifyPasskeySignIn } from './passkeys.ts'
import type { SoftwareAuthenticator } from './software-authenticator.ts'

export interface OwnerOptions {
  email?: string
  password?: string
  phoneNumber?: string
  mfaMethod?: Method
  /** The app of somebody who has an account already. */
  authenticator?: AuthenticatorApp
}

/** The methods whose answer is a code. */
export type CodeMethod = 'authenticator' | 'sms' | 'email'
export type Method = CodeMethod | 'passkey'

let ownerCount = 0

/** Somebody with an account, who does everything over HTTP as an owner would. */
export class Owner {
  readonly email: string
  readonly phoneNumber: string
  password: string
  accessToken = ''
  refreshToken = ''
  recoveryCodes: string[] = []
  readonly authenticator: AuthenticatorApp
  /** The one to sign in with, once MFA was turned on by it. */
  passkey: SoftwareAuthenticator | undefined
  readonly #latchkey: TestLatchkey

  constructor(latchkey: TestLatchkey, options: OwnerOptions) {
    ownerCount += 1
    this.#latchkey = latchkey
    this.email = options.email ?? `owner-${process.pid}-${ownerCount}@example.com`
    this.authenticator = options.authenticator ?? new AuthenticatorApp()
    this.password = options.password ?? `a long sentence ${ownerCount}`
    this.phoneNumber = options.phoneNumber ?? `+1415555${String(1000 + ownerCount).slice(-4)}`
  }

  static async signUp(latchkey: TestLatchkey, options: OwnerOptions): Promise<Owner> {
    const owner = new Owner(latchkey, options)
    const { email, password } = owner
    const started = await latchkey.post('/auth/SignUp', { email, password })
    assert.equal(started.status, 202, JSON.stringify(started.body))
    const code = await latchkey.codeSentTo(email)
    owner.storeTokens(await latchkey.post('/auth/SignUp/Verify', { email, code }))
    if (options.mfaMethod) await owner.turnOn(options.mfaMethod)
    return owner
  }

  /** Keeps the tokens of an answer that says one is signed in. */
  storeTokens(answer: ApiResponse): ApiResponse {
    assert.equal(answer.body?.status, 'signedIn', JSON.stringify(answer.body))
    this.accessToken = answer.body.accessToken
    this.refreshToken = answer.body.refreshToken
    return answer
  }

  get(path: string, call: CallOptions = {}) {
    return this.#latchkey.get(path, { token: this.accessToken, ...call })
  }
  post(path: string, body?: unknown, call: CallOptions = {}) {
    return this.#latchkey.post(path, body, { token: this.accessToken, ...call })
  }
  put(path: string, body?: unknown, call: CallOptions = {}) {
    return this.#latchkey.request('PUT', path, { body, token: this.accessToken, ...call })
  }
  delete(path: string, call: CallOptions = {}) {
    return this.#latchkey.delete(path, { token: this.accessToken, ...call })
  }

  /** Changes the password, as in the settings. */
  async changePassword(newPassword: string): Promise<ApiResponse> {
    const currentPassword = this.password
    const answer = await this.put('/settings/Password', { currentPassword, newPassword })
    assert.equal(answer.status, 200, JSON.stringify(answer.body))
    this.password = newPassword
    return answer
  }

  /** Sets a new password by the code that is mailed to whoever forgot theirs. */
  async resetPassword(newPassword: string): Promise<ApiResponse> {
    const { email } = this
    assert.equal((await this.#latchkey.post('/auth/ForgotPassword', { email })).status, 202)
    const code = await this.#latchkey.codeSentTo(email)
    const answer = await this.#latchkey.post('/auth/ResetPassword', { email, code, newPassword })
    assert.equal(answer.status, 200, JSON.stringify(answer.body))
    this.password = newPassword
    return answer
  }

  /** Begins to sign in, with the password. */
  signIn(call: CallOptions = {}): Promise<ApiResponse> {
    const { email, password } = this
    return this.#latchkey.post('/auth/SignIn', { email, password }, call)
  }

  /** Signs in to the end, by the method that is asked for, and keeps the tokens. */
  async signInFully(): Promise<ApiResponse> {
    const started = await this.signIn()
    if (started.body.status === 'signedIn') return this.storeTokens(started)
    const submit = await this.prepareSecondFactor(started)
    return this.storeTokens(await submit())
  }

  /** Has the right answer to a sign-in ready, by the method asked for. @returns what gives it */
  async prepareSecondFactor({ body }: ApiResponse): Promise<() => Promise<ApiResponse>> {
    const { mfaToken, mfaMethod } = body
    if (mfaMethod === 'passkey') {
      const started = await startPasskeySignIn(this.#latchkey, { mfaToken })
      const response = this.passkey?.get(started.body.options)
      return () => verifyPasskeySignIn(this.#latchkey, started, response)
    }
    const code = await this.codeFor(mfaMethod)
    return () => this.#latchkey.post('/auth/SignIn/Mfa', { mfaToken, code })
  }

  /** A right code of a method: the newest that was sent, or the next that the app shows. */
  codeFor(method: CodeMethod): Promise<string> {
    if (method === 'authenticator') return Promise.resolve(this.authenticator.nextCode())
    return this.#latchkey.codeSentTo(method === 'sms' ? this.phoneNumber : this.email)
  }

  /** A code that looks like one of a method's, and is none now. */
  async wrongCodeFor(method: CodeMethod): Promise<string> {
    const { authenticator } = this
    const right =
      method === 'authenticator'
        ? [-1, 0, 1].map((step) => authenticator.code(Date.now() + step * 30_000))
        : [await this.codeFor(method)]
    return ['000000', '000001', '000002', '000003'].find((code) => !right.includes(code)) ?? ''
  }

  /** Puts a new secret into the app. It is in use once a code of it was brought. */
  async enrollAuthenticator(): Promise<ApiResponse> {
    const answer = await this.post('/settings/MfaSecret')
    assert.equal(answer.status, 200, JSON.stringify(answer.body))
    this.authenticator.secret = answer.body.secret
    return answer
  }

  /** Turns MFA on by a method, or changes to it. @returns the answer that says it is on */
  async turnOn(mfaMethod: Method, fields: object = {}): Promise<ApiResponse> {
    const answer = await this.post(
      '/settings/MfaSignIn',
      await this.prepareTurnOn(mfaMethod, fields),
    )
    assert.equal(answer.status, 200, JSON.stringify(answer.body))
    this.recoveryCodes = answer.body.recoveryCodes ?? this.recoveryCodes
    return answer
  }

  /** Sets a method up, and has its proof ready. @returns the body that turns it on */
  async prepareTurnOn(mfaMethod: Method, fields: object = {}): Promise<object> {
    const request = {
      mfaMethod,
      ...(mfaMethod === 'sms' && { phoneNumber: this.phoneNumber }),
      ...fields,
    }
    if (mfaMethod === 'authenticator') {
      if (!this.authenticator.secret) await this.enrollAuthenticator()
      return { ...request, code: await this.codeFor(mfaMethod) }
    }
    if (mfaMethod === 'passkey') this.passkey ??= await addPasskey(this.#latchkey, this)
    const started = await this.post('/settings/MfaSignIn', request)
    assert.equal(started.status, 202, JSON.stringify(started.body))
    if (mfaMethod === 'passkey') {
      return { ...request, assertion: this.passkey?.get(started.body.options) }
    }
    return { ...request, code: await this.codeFor(mfaMethod) }
  }
}

/** An app on a phone. Its codes come from a second implementation where it matters: oathtool. */
export class AuthenticatorApp {
  secret = ''

  /** The code that it shows now. */
  code(at = Date.now()): string {
    return new TOTP({ secret: Secret.fromBase32(this.secret) }).generate({ timestamp: at })
  }

  /** Waits until it shows one that it did not show before. */
  nextCode(): string {
    travelToNextStep()
    return this.code()
  }
}

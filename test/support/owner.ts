import { Secret, TOTP } from 'otpauth'
import { travelToNextStep } from './clock.ts'
import type { ApiResponse, CallOptions, TestLatchkey } from './latchkey.ts'
import { addPasskey, startPasskeySignIn, verifyPasskeySignIn } from './passkeys.ts'
import { assertMfaRequired, assertSignedIn, assertStatus } from './responses.ts'
import { startSignUp } from './sign-up.ts'
import type { SoftwareAuthenticator } from './software-authenticator.ts'

export interface OwnerOptions {
  email?: string
  password?: string
  phoneNumber?: string
  mfaMethod?: Method
  /** The authenticator app of an existing account. */
  authenticator?: AuthenticatorApp
}

/** The methods that are verified by a code. */
export type CodeMethod = 'authenticator' | 'sms' | 'email'
export type Method = CodeMethod | 'passkey'

let ownerCount = 0

/**
 * A person with an account, who does everything over HTTP as an owner would.
 *
 * `get`, `post`, `put`, `delete` and `signIn` return any response; every other method fails at the
 * first step that does not succeed.
 */
export class Owner {
  readonly email: string
  readonly phoneNumber: string
  password: string
  accessToken = ''
  refreshToken = ''
  /** Marks the latest device as known. No call sends it by itself. */
  deviceToken = ''
  recoveryCodes: string[] = []
  readonly authenticator: AuthenticatorApp
  /** The passkey for signing in, once MFA is on with it. */
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
    owner.storeTokens(
      await latchkey.post('/auth/SignUp/Verify', await startSignUp(latchkey, owner)),
    )
    if (options.mfaMethod) await owner.turnOn(options.mfaMethod)
    return owner
  }

  /** Stores the tokens of a response that signs in. */
  storeTokens(response: ApiResponse): ApiResponse {
    const { accessToken, refreshToken, deviceToken } = assertSignedIn(response)
    this.accessToken = accessToken
    this.refreshToken = refreshToken
    this.deviceToken = deviceToken ?? this.deviceToken
    return response
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

  /** Starts to add a passkey: the password confirms it. */
  startPasskeyRegistration(call: CallOptions = {}): Promise<ApiResponse> {
    return this.post('/settings/Passkeys', { currentPassword: this.password }, call)
  }

  /** Requests a code for a new address: the password confirms it. */
  startEmailChange(email: string): Promise<ApiResponse> {
    return this.post('/settings/Email', { email, currentPassword: this.password })
  }

  /** Changes the password, as in the settings. */
  async changePassword(newPassword: string): Promise<ApiResponse> {
    const currentPassword = this.password
    const response = await this.put('/settings/Password', { currentPassword, newPassword })
    assertStatus(response, 200)
    this.password = newPassword
    return response
  }

  /** Resets a forgotten password with the code sent by email. */
  async resetPassword(newPassword: string): Promise<ApiResponse> {
    const { email } = this
    assertStatus(await this.#latchkey.post('/auth/ForgotPassword', { email }), 202)
    const code = await this.#latchkey.codeSentTo(email)
    const response = await this.#latchkey.post('/auth/ResetPassword', { email, code, newPassword })
    assertStatus(response, 200)
    this.password = newPassword
    return response
  }

  /** Starts a sign-in with the password. */
  signIn(call: CallOptions = {}): Promise<ApiResponse> {
    const { email, password } = this
    return this.#latchkey.post('/auth/SignIn', { email, password }, call)
  }

  /** Signs in with every factor that the service requires, and stores the tokens. */
  async signInFully(): Promise<ApiResponse> {
    const started = await this.signIn()
    if (started.body.status === 'signedIn') return this.storeTokens(started)
    const submit = await this.prepareSecondFactor(started)
    return this.storeTokens(await submit())
  }

  /**
   * Prepares the second factor of a sign-in, by the method that the service requires.
   *
   * @returns submits it
   */
  async prepareSecondFactor(started: ApiResponse): Promise<() => Promise<ApiResponse>> {
    const { mfaToken, mfaMethod } = assertMfaRequired(started)
    if (mfaMethod === 'passkey') {
      const challenge = await startPasskeySignIn(this.#latchkey, { mfaToken })
      const response = this.passkey?.get(challenge.body.options)
      return () => verifyPasskeySignIn(this.#latchkey, challenge, response)
    }
    const code = await this.codeFor(mfaMethod)
    return () => this.#latchkey.post('/auth/SignIn/Mfa', { mfaToken, code })
  }

  /** A valid code of a method: the newest one sent, or the app's next one. */
  codeFor(method: CodeMethod): Promise<string> {
    if (method === 'authenticator') return Promise.resolve(this.authenticator.nextCode())
    return this.#latchkey.codeSentTo(method === 'sms' ? this.phoneNumber : this.email)
  }

  /** A well-formed code that is not valid for a method now. */
  async wrongCodeFor(method: CodeMethod): Promise<string> {
    const { authenticator } = this
    const valid =
      method === 'authenticator'
        ? [-1, 0, 1].map((step) => authenticator.code(Date.now() + step * 30_000))
        : [await this.codeFor(method)]
    return ['000000', '000001', '000002', '000003'].find((code) => !valid.includes(code)) ?? ''
  }

  /** Adds a new secret to the app. The service uses it once a code has confirmed it. */
  async enrollAuthenticator(): Promise<ApiResponse> {
    const response = assertStatus(await this.post('/settings/MfaSecret'), 200)
    this.authenticator.secret = response.body.secret
    return response
  }

  /** Turns MFA on with a method, or changes to that method. */
  async turnOn(mfaMethod: Method, fields: object = {}): Promise<ApiResponse> {
    const request = await this.prepareTurnOn(mfaMethod, fields)
    const response = assertStatus(await this.post('/settings/MfaSignIn', request), 200)
    this.recoveryCodes = response.body.recoveryCodes ?? this.recoveryCodes
    return response
  }

  /** Sets a method up and obtains its proof. @returns the request body that turns MFA on */
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
    const started = assertStatus(await this.post('/settings/MfaSignIn', request), 202)
    if (mfaMethod === 'passkey') {
      return { ...request, assertion: this.passkey?.get(started.body.options) }
    }
    return { ...request, code: await this.codeFor(mfaMethod) }
  }
}

/** An authenticator app. Tests of the codes themselves use a second implementation, oathtool. */
export class AuthenticatorApp {
  secret = ''

  /** The code of the current 30-second step. */
  code(at = Date.now()): string {
    return new TOTP({ secret: Secret.fromBase32(this.secret) }).generate({ timestamp: at })
  }

  /** Travels to the next step, for a code that was not used before. */
  nextCode(): string {
    travelToNextStep()
    return this.code()
  }
}

import assert from 'node:assert/strict'
import { Secret, TOTP } from 'otpauth'
import { travelToNextStep } from './clock.ts'
import type { Answer, Call, TestLatchkey } from './latchkey.ts'
import { addPasskey, answerByPasskey, beginByPasskey } from './passkeys.ts'
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

let owners = 0

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
    owners += 1
    this.#latchkey = latchkey
    this.email = options.email ?? `owner-${process.pid}-${owners}@example.com`
    this.authenticator = options.authenticator ?? new AuthenticatorApp()
    this.password = options.password ?? `a long sentence ${owners}`
    this.phoneNumber = options.phoneNumber ?? `+1415555${String(1000 + owners).slice(-4)}`
  }

  static async signUp(latchkey: TestLatchkey, options: OwnerOptions): Promise<Owner> {
    const owner = new Owner(latchkey, options)
    const { email, password } = owner
    const begun = await latchkey.post('/auth/SignUp', { email, password })
    assert.equal(begun.status, 202, JSON.stringify(begun.body))
    const code = await latchkey.codeSentTo(email)
    owner.keep(await latchkey.post('/auth/SignUp/Verify', { email, code }))
    if (options.mfaMethod) await owner.turnOn(options.mfaMethod)
    return owner
  }

  /** Keeps the tokens of an answer that says one is signed in. */
  keep(answer: Answer): Answer {
    assert.equal(answer.body?.status, 'signedIn', JSON.stringify(answer.body))
    this.accessToken = answer.body.accessToken
    this.refreshToken = answer.body.refreshToken
    return answer
  }

  get(path: string, call: Call = {}) {
    return this.#latchkey.get(path, { token: this.accessToken, ...call })
  }
  post(path: string, body?: unknown, call: Call = {}) {
    return this.#latchkey.post(path, body, { token: this.accessToken, ...call })
  }
  put(path: string, body?: unknown, call: Call = {}) {
    return this.#latchkey.request('PUT', path, { body, token: this.accessToken, ...call })
  }
  delete(path: string, call: Call = {}) {
    return this.#latchkey.delete(path, { token: this.accessToken, ...call })
  }

  /** Changes the password, as in the settings. */
  async changePassword(newPassword: string): Promise<Answer> {
    const currentPassword = this.password
    const answer = await this.put('/settings/Password', { currentPassword, newPassword })
    assert.equal(answer.status, 200, JSON.stringify(answer.body))
    this.password = newPassword
    return answer
  }

  /** Sets a new password by the code that is mailed to whoever forgot theirs. */
  async resetPassword(newPassword: string): Promise<Answer> {
    const { email } = this
    assert.equal((await this.#latchkey.post('/auth/ForgotPassword', { email })).status, 202)
    const code = await this.#latchkey.codeSentTo(email)
    const answer = await this.#latchkey.post('/auth/ResetPassword', { email, code, newPassword })
    assert.equal(answer.status, 200, JSON.stringify(answer.body))
    this.password = newPassword
    return answer
  }

  /** Begins to sign in, with the password. */
  signIn(call: Call = {}): Promise<Answer> {
    const { email, password } = this
    return this.#latchkey.post('/auth/SignIn', { email, password }, call)
  }

  /** Signs in to the end, by the method that is asked for, and keeps the tokens. */
  async signInFully(): Promise<Answer> {
    const begun = await this.signIn()
    if (begun.body.status === 'signedIn') return this.keep(begun)
    const answer = await this.rightAnswerTo(begun)
    return this.keep(await answer())
  }

  /** Has the right answer to a sign-in ready, by the method asked for. @returns what gives it */
  async rightAnswerTo({ body }: Answer): Promise<() => Promise<Answer>> {
    const { mfaToken, mfaMethod } = body
    if (mfaMethod === 'passkey') {
      const begun = await beginByPasskey(this.#latchkey, { mfaToken })
      const response = this.passkey?.get(begun.body.options)
      return () => answerByPasskey(this.#latchkey, begun, response)
    }
    const code = await this.codeFor(mfaMethod)
    return () => this.#latchkey.post('/auth/SignIn/Mfa', { mfaToken, code })
  }

  /** A right code of a method: the newest that was sent, or the next that the app shows. */
  codeFor(method: CodeMethod): Promise<string> {
    if (method === 'authenticator') return Promise.resolve(this.authenticator.newCode())
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
  async setUpAuthenticator(): Promise<Answer> {
    const answer = await this.post('/settings/MfaSecret')
    assert.equal(answer.status, 200, JSON.stringify(answer.body))
    this.authenticator.secret = answer.body.secret
    return answer
  }

  /** Turns MFA on by a method, or changes to it. @returns the answer that says it is on */
  async turnOn(mfaMethod: Method, more: object = {}): Promise<Answer> {
    const answer = await this.post('/settings/MfaSignIn', await this.proofOf(mfaMethod, more))
    assert.equal(answer.status, 200, JSON.stringify(answer.body))
    this.recoveryCodes = answer.body.recoveryCodes ?? this.recoveryCodes
    return answer
  }

  /** Sets a method up, and has its proof ready. @returns the body that turns it on */
  async proofOf(mfaMethod: Method, more: object = {}): Promise<object> {
    const request = {
      mfaMethod,
      ...(mfaMethod === 'sms' && { phoneNumber: this.phoneNumber }),
      ...more,
    }
    if (mfaMethod === 'authenticator') {
      if (!this.authenticator.secret) await this.setUpAuthenticator()
      return { ...request, code: await this.codeFor(mfaMethod) }
    }
    if (mfaMethod === 'passkey') this.passkey ??= await addPasskey(this.#latchkey, this)
    const begun = await this.post('/settings/MfaSignIn', request)
    assert.equal(begun.status, 202, JSON.stringify(begun.body))
    if (mfaMethod === 'passkey') {
      return { ...request, assertion: this.passkey?.get(begun.body.options) }
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
  newCode(): string {
    travelToNextStep()
    return this.code()
  }
}

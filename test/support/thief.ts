/** A thief who has one stolen thing of an owner, and acts where the owner would. */
import type { ApiResponse, TestLatchkey } from './latchkey.ts'
import { provePhone } from './mfa.ts'
import { Owner } from './owner.ts'
import { addPasskey, signInWithPasskey } from './passkeys.ts'

/** Things that a thief may have. Token and session are of a sign-in just made, with every factor. */
export const stolenThings = [
  ...(['password', 'mailbox', 'second mailbox'] as const),
  ...(['access token', 'strong session', 'old link'] as const),
]
export type StolenThing = (typeof stolenThings)[number]

/** A person who has one stolen thing of an owner, and what comes of it. Acts where an owner would. */
export class Thief {
  /** Acts on the account with what the thief knows. */
  readonly owner: Owner
  readonly #latchkey: TestLatchkey
  readonly #readsMailbox: boolean
  /** The mailbox in which the thief reads codes; undefined without one. */
  readonly #codesTo: string | undefined
  readonly #links: string[] = []
  readonly #recoveryCodes: string[] = []
  readonly #phoneNumber: string
  #hasPhone = false

  constructor(
    latchkey: TestLatchkey,
    ada: Owner,
    { stolen, oldLink }: { stolen: StolenThing; oldLink: string },
  ) {
    this.#latchkey = latchkey
    this.#readsMailbox = stolen === 'mailbox'
    if (stolen === 'mailbox') this.#codesTo = ada.email
    if (stolen === 'second mailbox') this.#codesTo = secondMailboxOf(ada)
    this.#phoneNumber = ada.phoneNumber.replace('+1415', '+1416')
    this.owner = new Owner(latchkey, { email: ada.email, phoneNumber: this.#phoneNumber })
    this.owner.password = stolen === 'password' ? ada.password : 'unknown to the thief'
    if (stolen === 'access token' || stolen === 'strong session')
      this.owner.accessToken = ada.accessToken
    if (stolen === 'strong session') this.owner.refreshToken = ada.refreshToken
    if (stolen === 'old link') this.#links.push(oldLink)
  }

  /** Gets into the account, unless a session of the thief is live: by the password, mailbox or link. */
  async enter(): Promise<void> {
    if ((await this.hasSession()) || (await this.tryToSignIn())) return
    await this.resetPassword()
    if (!(await this.tryToSignIn()) && (await this.useLink())) await this.tryToSignIn()
  }

  async hasSession(): Promise<boolean> {
    const { accessToken, refreshToken } = this.owner
    if (accessToken !== '' && (await this.owner.get('/settings')).status === 200) return true
    if (refreshToken === '') return false
    const refreshed = await this.#latchkey.post('/auth/Refresh', { refreshToken })
    if (refreshed.status === 200) this.owner.storeTokens(refreshed)
    return refreshed.status === 200
  }

  /** Tries each way in. @returns the one that opened the account */
  async tryToSignIn(): Promise<string | undefined> {
    const { owner } = this
    if (owner.passkey) {
      const byPasskey = await signInWithPasskey(this.#latchkey, owner.passkey)
      if (byPasskey.status === 200) return this.#enter(byPasskey, 'passkey alone')
    }
    const started = await owner.signIn()
    if (started.body?.status === 'signedIn') return this.#enter(started, 'password')
    if (started.body?.status !== 'mfaRequired') return undefined
    const { mfaToken, availableMethods } = started.body
    for (const method of availableMethods) {
      const answer = await this.#answer(mfaToken, method)
      if (answer?.status === 200) return this.#enter(answer, method)
    }
    return undefined
  }

  #enter(response: ApiResponse, way: string): string {
    this.owner.storeTokens(response)
    return way
  }

  async #answer(mfaToken: string, mfaMethod: string): Promise<ApiResponse | undefined> {
    const { owner } = this
    if (mfaMethod === 'passkey') {
      return owner.passkey && signInWithPasskey(this.#latchkey, owner.passkey, { mfaToken })
    }
    if (mfaMethod === 'recoveryCode') {
      const code = this.#recoveryCodes.shift()
      return code === undefined
        ? undefined
        : this.#latchkey.post('/auth/SignIn/Mfa', { mfaToken, mfaMethod, code })
    }
    if (mfaMethod === 'authenticator') {
      if (!owner.authenticator.secret) return undefined
      const code = owner.authenticator.nextCode()
      return this.#latchkey.post('/auth/SignIn/Mfa', { mfaToken, mfaMethod, code })
    }
    const ownPhone = this.#hasPhone ? this.#phoneNumber : undefined
    const to = mfaMethod === 'sms' ? ownPhone : this.#codesTo
    if (to === undefined) return undefined
    const sent = await this.#latchkey.post('/auth/SignIn/MfaCode', { mfaToken, mfaMethod })
    if (sent.status !== 202) return undefined
    const code = await this.#latchkey.codeSentTo(to).catch(() => '000000')
    return this.#latchkey.post('/auth/SignIn/Mfa', { mfaToken, mfaMethod, code })
  }

  async resetPassword(): Promise<void> {
    if (this.#readsMailbox) await this.owner.resetPassword('a sentence that the thief chose')
  }

  async turnOnApp(): Promise<void> {
    this.owner.authenticator.secret = ''
    const { recoveryCodes } = (await this.owner.turnOn('authenticator')).body
    this.#recoveryCodes.push(...(recoveryCodes ?? []))
  }

  async addPasskey(): Promise<void> {
    this.owner.passkey ??= await addPasskey(this.#latchkey, this.owner)
  }

  async addPhone(): Promise<void> {
    await provePhone(this.#latchkey, this.owner)
    this.#hasPhone = true
  }

  async makeRecoveryCodes(): Promise<void> {
    const { status, body } = await this.owner.post('/settings/RecoveryCodes')
    if (status === 200) this.#recoveryCodes.push(...body.recoveryCodes)
  }

  /** Undoes with the oldest link, and sets a password. @returns whether it worked without a factor */
  async useLink(): Promise<boolean> {
    const mailbox = this.#readsMailbox ? this.owner.email : this.#codesTo
    const links = mailbox ? await linksSentTo(this.#latchkey, mailbox) : this.#links
    for (const token of links) {
      const undone = await this.#latchkey.post('/auth/Undo', { token })
      if (undone.body?.status !== 'undone') continue
      const { resetToken } = undone.body
      this.owner.password = 'a sentence after an undo by the thief'
      const newPassword = this.owner.password
      await this.#latchkey.post('/auth/ResetPassword', { resetToken, newPassword })
      return true
    }
    return false
  }
}

/** The mailbox that codes by email go to, where it is not the account’s own. */
export const secondMailboxOf = ({ email }: Owner) => `second-${email}`

/** The undo tokens in a mailbox, oldest first. */
export async function linksSentTo(latchkey: TestLatchkey, to: string): Promise<string[]> {
  const messages = await latchkey.inbox(to)
  const tokens = messages.map(({ text }) => /\/undo#token=([\w-]+)/.exec(text)?.[1])
  return tokens.filter((token) => token !== undefined).reverse()
}

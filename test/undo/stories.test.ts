/**
 * A search over short stories: a thief with one stolen thing takes some steps, then the owner takes the
 * account back. Afterwards the thief tries everything, and must not get in.
 *
 * A run takes an even sample; LATCHKEY_TEST_STORIES=all takes all of them.
 */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { travel } from '../support/clock.ts'
import { type ApiResponse, onDatabase, type TestLatchkey } from '../support/latchkey.ts'
import { provePhone } from '../support/mfa.ts'
import { Owner } from '../support/owner.ts'
import { addPasskey, signInWithPasskey } from '../support/passkeys.ts'

const day = 86_400_000
const sampleSize = 60

/** The owner’s MFA when the thief begins, and how long it has been on. */
const beginnings = {
  'MFA off': undefined,
  'MFA on for an hour': { forMs: day / 24, onOldDevice: false },
  'MFA on for eight days': { forMs: 8 * day, onOldDevice: false },
  'MFA on for two days, from a device of a week': { forMs: 2 * day, onOldDevice: true },
}

/** Things that a thief may have: `session` is one that its owner has just signed in with every factor. */
const stolenThings = ['password', 'mailbox', 'session', 'old link'] as const

const steps = {
  'reset the password': (thief: Thief) => thief.resetPassword(),
  'change the password': (thief: Thief) => thief.owner.changePassword('the sentence of a thief'),
  'turn MFA off': (thief: Thief) => thief.owner.delete('/settings/MfaSignIn'),
  'turn their app on': (thief: Thief) => thief.turnOnApp(),
  'add a passkey': (thief: Thief) => thief.addPasskey(),
  'add a phone': (thief: Thief) => thief.addPhone(),
  'make recovery codes': (thief: Thief) => thief.makeRecoveryCodes(),
  'use a link': (thief: Thief) => thief.useLink(),
  'wait a day': async () => travel(day),
} satisfies Record<string, (thief: Thief) => Promise<unknown> | unknown>
type Step = keyof typeof steps

interface Story {
  beginning: keyof typeof beginnings
  stolen: (typeof stolenThings)[number]
  steps: Step[]
}

/** A person who has one stolen thing of an owner, and what comes of it. Acts where an owner would. */
class Thief {
  /** Acts on the account with what the thief knows. */
  readonly owner: Owner
  readonly #latchkey: TestLatchkey
  readonly #readsMailbox: boolean
  readonly #links: string[] = []
  readonly #recoveryCodes: string[] = []
  readonly #phoneNumber: string
  #hasPhone = false

  constructor(
    latchkey: TestLatchkey,
    ada: Owner,
    { stolen, oldLink }: { stolen: Story['stolen']; oldLink: string },
  ) {
    this.#latchkey = latchkey
    this.#readsMailbox = stolen === 'mailbox'
    this.#phoneNumber = ada.phoneNumber.replace('+1415', '+1416')
    this.owner = new Owner(latchkey, { email: ada.email, phoneNumber: this.#phoneNumber })
    this.owner.password = stolen === 'password' ? ada.password : 'unknown to the thief'
    if (stolen === 'session') this.owner.accessToken = ada.accessToken
    if (stolen === 'old link') this.#links.push(oldLink)
  }

  /** Gets into the account, unless a session of the thief is live: by the password, mailbox or link. */
  async enter(): Promise<void> {
    if ((await this.hasSession()) || (await this.tryToSignIn())) return
    await this.resetPassword()
    if (!(await this.tryToSignIn()) && (await this.useLink())) await this.tryToSignIn()
  }

  async hasSession(): Promise<boolean> {
    const { accessToken } = this.owner
    return accessToken !== '' && (await this.owner.get('/settings')).status === 200
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
    if (mfaMethod === 'sms' ? !this.#hasPhone : !this.#readsMailbox) return undefined
    const sent = await this.#latchkey.post('/auth/SignIn/MfaCode', { mfaToken, mfaMethod })
    if (sent.status !== 202) return undefined
    const to = mfaMethod === 'sms' ? this.#phoneNumber : owner.email
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
    const links = this.#readsMailbox
      ? await linksSentTo(this.#latchkey, this.owner.email)
      : this.#links
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

/** The undo tokens in a mailbox, oldest first. */
async function linksSentTo(latchkey: TestLatchkey, to: string): Promise<string[]> {
  const messages = await latchkey.inbox(to)
  const tokens = messages.map(({ text }) => /\/undo#token=([\w-]+)/.exec(text)?.[1])
  return tokens.filter((token) => token !== undefined).reverse()
}

onDatabase('SQLite', (latchkey) => {
  /**
   * Takes the account back: undoes what the thief did, sets a password, and turns MFA on.
   *
   * @param ownLinks links of changes that the owner made
   */
  async function takeBack(ada: Owner, ownLinks: string[]): Promise<'done' | 'needs an operator'> {
    const links = await linksSentTo(latchkey, ada.email)
    const newPassword = `a sentence that Ada chose ${Date.now()}`
    let resetToken: string | undefined
    for (const token of links.filter((link) => !ownLinks.includes(link))) {
      resetToken = await undoAsOwner(ada, token)
      if (resetToken) break
    }
    if (resetToken) {
      const reset = await latchkey.post('/auth/ResetPassword', { resetToken, newPassword })
      assert.equal(reset.status, 200)
      ada.password = newPassword
    } else await ada.resetPassword(newPassword)

    const started = await ada.signIn()
    if (started.body.status === 'mfaRequired') {
      const { mfaToken } = started.body
      const code = ada.authenticator.nextCode()
      const mfaMethod = 'authenticator'
      const answer = await latchkey.post('/auth/SignIn/Mfa', { mfaToken, mfaMethod, code })
      if (answer.status !== 200) return 'needs an operator'
      ada.storeTokens(answer)
    } else ada.storeTokens(started)
    if (!(await ada.get('/settings/MfaSignIn')).body.enabled) {
      await ada.enrollAuthenticator()
      await ada.turnOn('authenticator')
    }
    return 'done'
  }

  async function undoAsOwner(ada: Owner, token: string): Promise<string | undefined> {
    const first = await latchkey.post('/auth/Undo', { token })
    if (first.body?.status === 'undone') return first.body.resetToken
    if (first.body?.status !== 'mfaRequired' || !ada.authenticator.secret) return undefined
    const { mfaToken } = first.body
    const code = ada.authenticator.nextCode()
    const factor = { mfaToken, mfaMethod: 'authenticator', code }
    const second = await latchkey.post('/auth/Undo', { token, ...factor })
    return second.body?.resetToken
  }

  for (const story of sampleOf(allStories())) {
    const { beginning, stolen } = story
    test(`${beginning}, a thief with the ${stolen}: ${story.steps.join(', ')}`, async () => {
      const ada = await latchkey.owner()
      const { deviceToken } = ada
      travel(7 * day)
      await ada.signInFully()
      await ada.changePassword('a first sentence of Ada')
      const [oldLink = ''] = await linksSentTo(latchkey, ada.email)
      const mfa = beginnings[beginning]
      if (mfa) {
        await ada.turnOn('authenticator', mfa.onOldDevice ? { deviceToken } : {})
        travel(mfa.forMs)
        await ada.signInFully()
      }
      travel(1000)
      const ownLinks = await linksSentTo(latchkey, ada.email)
      const thief = new Thief(latchkey, ada, { stolen, oldLink })
      const isSettled = mfa !== undefined && mfa.forMs > (mfa.onOldDevice ? day : 7 * day)
      for (const step of story.steps) {
        // A step that the thief cannot take changes nothing.
        await thief.enter()
        await Promise.resolve(steps[step](thief)).catch(() => undefined)
        travel(1000)
        if (isSettled && stolen !== 'session') {
          assert.equal(
            await thief.hasSession(),
            false,
            'the thief got past a settled second factor',
          )
        }
      }

      const outcome = await takeBack(ada, ownLinks)
      assert.equal(outcome, 'done', 'the owner is locked out')
      assert.equal(await thief.hasSession(), false, 'a session of the thief lives on')
      // Until it has settled, the owner’s MFA can be undone by who reads the mailbox or has a link.
      travel(7 * day)
      assert.equal(await thief.useLink(), false, 'a link of the thief turns MFA off')
      await thief.resetPassword()
      assert.equal(await thief.tryToSignIn(), undefined, 'the thief gets in')
    })
  }
})

/** All stories of one to three steps. */
function allStories(): Story[] {
  const names = Object.keys(steps) as Step[]
  const sequences = names.flatMap((a) => [
    [a],
    ...names.flatMap((b) => [[a, b], ...names.map((c) => [a, b, c])]),
  ])
  return (Object.keys(beginnings) as Story['beginning'][]).flatMap((beginning) =>
    stolenThings.flatMap((stolen) =>
      sequences.map((sequence) => ({ beginning, stolen, steps: sequence })),
    ),
  )
}

function sampleOf(stories: Story[]): Story[] {
  if (process.env.LATCHKEY_TEST_STORIES === 'all') return stories
  return Array.from({ length: sampleSize }, (_, i) => {
    // A step that shares no factor with the number of stories visits them evenly.
    return stories[(i * 5077) % stories.length] as Story
  })
}

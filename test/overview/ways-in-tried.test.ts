/** Tries every way in that `GET /settings/WaysIn` speaks of: on the wire, with real factors. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { travel } from '../support/clock.ts'
import { onDatabase, type TestLatchkey } from '../support/latchkey.ts'
import { mfaMethods } from '../support/mfa.ts'
import type { Method, Owner } from '../support/owner.ts'
import { addPasskey, type Passkey, signInWithPasskey } from '../support/passkeys.ts'
import { assertStatus } from '../support/responses.ts'

type Kind =
  | 'password'
  | 'mailbox'
  | 'otherMailbox'
  | 'passkey'
  | 'authenticator'
  | 'phone'
  | 'recoveryCodes'

interface Setup {
  defaultMethod: Method
  /** Methods that sign in, the default among them. */
  current: Method[]
  /** Methods that were set up before, and open nothing. */
  pending: Method[]
  /** Whether codes by email go to another mailbox than the account’s. */
  otherMailbox: boolean
  /** Whether recovery codes are left. */
  recoveryCodes: boolean
}

/** Every default method with every combination of current and pending others. */
function allSetups(): Setup[] {
  return mfaMethods.flatMap((defaultMethod, i) => {
    const others = mfaMethods.filter((method) => method !== defaultMethod)
    const states = ['none', 'current', 'pending'] as const
    return states.flatMap((first) =>
      states.flatMap((second) =>
        states.map((third, j) => {
          const stateOf = [first, second, third]
          const inState = (state: string) => others.filter((_, index) => stateOf[index] === state)
          return {
            defaultMethod,
            current: [defaultMethod, ...inState('current')],
            pending: inState('pending'),
            otherMailbox: (i + j) % 2 === 1,
            recoveryCodes: others.filter((_, index) => stateOf[index] === 'current').length !== 1,
          }
        }),
      ),
    )
  })
}

/** A person with an account that is set up like this, and everything they have. */
class Holder {
  readonly owner: Owner
  readonly #latchkey: TestLatchkey
  readonly #setup: Setup
  #passkey: Passkey | undefined

  constructor(latchkey: TestLatchkey, owner: Owner, setup: Setup) {
    this.#latchkey = latchkey
    this.owner = owner
    this.#setup = setup
  }

  /** Sets everything up. Pending methods are those of an earlier time with MFA. */
  async prepare(): Promise<void> {
    const { defaultMethod, current, pending } = this.#setup
    const [opener, ...more] = [...pending].sort(emailLast)
    if (opener) {
      await this.#prove(opener)
      for (const method of more) await this.#prove(method)
      assertStatus(await this.owner.delete('/settings/MfaSignIn'), 200)
    }
    // Codes by email come last: a method that joins them alone would make them pending.
    for (const method of [...current].sort(emailLast)) {
      await this.#prove(method, method === defaultMethod)
    }
    if (current.length > 1) await this.#prove(defaultMethod, true)
    if (this.#setup.recoveryCodes) return
    this.owner.recoveryCodes = []
    const account = `(select id from account where email = '${this.owner.email}')`
    await this.#latchkey.sql(`update recovery_code set used_at = 1 where account_id = ${account}`)
  }

  async #prove(method: Method, setDefault = false): Promise<void> {
    travel(31_000)
    if (method === 'passkey') {
      this.#passkey ??= await addPasskey(this.#latchkey, this.owner)
      this.owner.passkey = this.#passkey
    }
    const request = {
      mfaMethod: method,
      setDefault,
      ...(method === 'sms' && { phoneNumber: this.owner.phoneNumber }),
      ...(method === 'email' && { email: this.#codeMailbox }),
    }
    const started = await this.owner.post('/settings/MfaSignIn', {
      ...request,
      ...(method === 'authenticator' && { code: await this.#appCode() }),
    })
    if (started.status !== 202) {
      assertStatus(started, 200)
      this.#keepCodes(started.body.recoveryCodes)
      return
    }
    const proof =
      method === 'passkey'
        ? { assertion: this.#passkey?.get(started.body.options) }
        : { code: await this.#sentCode(method === 'sms' ? 'phone' : this.#mailKind) }
    const proven = await this.owner.post('/settings/MfaSignIn', { ...request, ...proof })
    this.#keepCodes(assertStatus(proven, 200).body.recoveryCodes)
  }

  #keepCodes(codes: string[] | undefined): void {
    if (codes) this.owner.recoveryCodes = [...codes]
  }

  async #appCode(): Promise<string> {
    if (!this.owner.authenticator.secret) await this.owner.enrollAuthenticator()
    return this.owner.authenticator.nextCode()
  }

  get #codeMailbox(): string {
    return this.#setup.otherMailbox ? `codes-${this.owner.email}` : this.owner.email
  }

  get #mailKind(): 'mailbox' | 'otherMailbox' {
    return this.#setup.otherMailbox ? 'otherMailbox' : 'mailbox'
  }

  #sentCode(kind: Kind): Promise<string> {
    const { phoneNumber, email } = this.owner
    const to = { phone: phoneNumber, mailbox: email, otherMailbox: this.#codeMailbox }
    return this.#latchkey.codeSentTo(to[kind as keyof typeof to])
  }

  /** Signs in with these things and nothing else. @returns whether it got in, and the access token */
  async signInWith(has: ReadonlySet<Kind>): Promise<string | undefined> {
    const { owner } = this
    travel(31_000)
    if (has.has('passkey') && this.#passkey) {
      const alone = await signInWithPasskey(this.#latchkey, this.#passkey)
      if (alone.status === 200) return alone.body.accessToken
    }
    if (!has.has('password')) {
      if (!has.has('mailbox')) return undefined
      await owner.resetPassword(`${owner.password}!`)
    }
    const started = await owner.signIn()
    if (started.body.status === 'signedIn') return started.body.accessToken
    for (const kind of ['passkey', 'authenticator', 'phone', 'recoveryCodes', 'mail'] as const) {
      const wanted = kind === 'mail' ? this.#mailKind : kind
      const token = has.has(wanted) && (await this.#finish(started.body.mfaToken, wanted))
      if (token) return token
    }
    return undefined
  }

  /** Tries one second factor, whether the service offers it or not. */
  async #finish(mfaToken: string, kind: Kind): Promise<string | undefined> {
    const latchkey = this.#latchkey
    if (kind === 'passkey') {
      const started = await latchkey.post('/auth/SignIn/Passkey', { mfaToken })
      if (started.status !== 200 || !this.#passkey) return undefined
      const response = this.#passkey.get(started.body.options)
      const { passkeyToken } = started.body
      const answer = { passkeyToken, response }
      const verified = await latchkey.post('/auth/SignIn/Passkey/Verify', answer)
      return verified.status === 200 ? verified.body.accessToken : undefined
    }
    const mfaMethod =
      {
        authenticator: 'authenticator',
        phone: 'sms',
        recoveryCodes: 'recoveryCode',
      }[kind as 'authenticator' | 'phone' | 'recoveryCodes'] ?? 'email'
    if (mfaMethod === 'sms' || mfaMethod === 'email') {
      const sent = await latchkey.post('/auth/SignIn/MfaCode', { mfaToken, mfaMethod })
      if (![202, 429].includes(sent.status)) return undefined
    }
    const code =
      kind === 'authenticator'
        ? this.owner.authenticator.secret && this.owner.authenticator.nextCode()
        : kind === 'recoveryCodes'
          ? this.owner.recoveryCodes.shift()
          : await this.#sentCode(kind)
    if (!code) return undefined
    const verified = await latchkey.post('/auth/SignIn/Mfa', { mfaToken, mfaMethod, code })
    return verified.status === 200 ? verified.body.accessToken : undefined
  }
}

const emailLast = (a: Method, b: Method) => Number(a === 'email') - Number(b === 'email')

onDatabase(
  'SQLite',
  (latchkey) => {
    for (const [index, setup] of allSetups().entries()) {
      const { defaultMethod, current, pending, otherMailbox } = setup
      const others = current.filter((method) => method !== defaultMethod)
      const name = [
        `${defaultMethod}${otherMailbox ? ', codes to another mailbox' : ''}`,
        ...(others.length > 0 ? [`with ${others.join(' and ')}`] : []),
        ...(pending.length > 0 ? [`pending ${pending.join(' and ')}`] : []),
      ].join(', ')
      test(`WaysIn says what really signs in: ${name}`, async () => {
        const email = `holder-${index}@example.com`
        const holder = new Holder(latchkey, await latchkey.owner({ email }), setup)
        await holder.prepare()
        const { owner } = holder
        const state = assertStatus(await owner.get('/settings/MfaSignIn'), 200).body
        assert.deepEqual(
          [state.mfaMethod, state.availableMethods, state.pendingMethods],
          [defaultMethod, mfaMethods.filter(isIn(current)), mfaMethods.filter(isIn(pending))],
        )
        const waysIn = assertStatus(await owner.get('/settings/WaysIn'), 200).body
        const everything: Kind[] = [
          ...(['password', 'mailbox', 'otherMailbox'] as const),
          ...(['passkey', 'authenticator', 'phone', 'recoveryCodes'] as const),
        ]

        // Trials that begin with the mailbox reset the password, so they come last.
        const lost = waysIn.ifLost.toSorted(
          (a: { what: Kind }, b: { what: Kind }) =>
            Number(a.what === 'password') - Number(b.what === 'password'),
        )
        for (const { what, stillIn, canChange } of lost) {
          const has = new Set(everything.filter((kind) => kind !== what))
          const token = await holder.signInWith(has)
          assert.equal(token !== undefined, stillIn, `without ${what}`)
          if (!token) continue
          const change = await latchkey.post('/settings/MfaSecret', undefined, { token })
          assert.equal(change.status === 200, canChange, `change without ${what}`)
        }
      })
    }
  },
  { LATCHKEY_RATE_LIMITS: 'off', LATCHKEY_STEP_UP_MAX_AGE: '0' },
)

function isIn(methods: Method[]) {
  return (method: Method) => methods.includes(method)
}

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
  /** Undefined while MFA is off. */
  defaultMethod: Method | undefined
  /** Methods that sign in, the default among them. */
  current: Method[]
  /** Methods that were set up before, and open nothing. */
  pending: Method[]
  codesTo: (typeof mailboxes)[number]
  /** Whether recovery codes are left. */
  recoveryCodes: boolean
}

const mailboxes = ['the own mailbox', 'a sub-address', 'another mailbox'] as const

const everything: Kind[] = [
  ...(['password', 'mailbox', 'otherMailbox'] as const),
  ...(['passkey', 'authenticator', 'phone', 'recoveryCodes'] as const),
]

/** Every combination of methods, while MFA is off. */
function setupsWithMfaOff(): Setup[] {
  return Array.from({ length: 2 ** mfaMethods.length }, (_, bits) => ({
    defaultMethod: undefined,
    current: mfaMethods.filter((_, i) => bits & (1 << i)),
    pending: [],
    codesTo: mailboxes[bits % 3] as Setup['codesTo'],
    recoveryCodes: true,
  }))
}

/** Every default method with every combination of current and pending others. */
function setupsWithMfaOn(): Setup[] {
  return mfaMethods.flatMap((defaultMethod, i) => {
    const others = mfaMethods.filter((method) => method !== defaultMethod)
    const states = ['none', 'current', 'pending'] as const
    return states.flatMap((first) =>
      states.flatMap((second) =>
        states.map((third) => {
          const stateOf = [first, second, third]
          const inState = (state: string) => others.filter((_, index) => stateOf[index] === state)
          const pending = inState('pending')
          return {
            defaultMethod,
            current: [defaultMethod, ...inState('current')],
            pending,
            codesTo: mailboxes[(i + pending.length) % 3] as Setup['codesTo'],
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
    if (!defaultMethod) await this.owner.delete('/settings/MfaSignIn')
    else if (current.length > 1) await this.#prove(defaultMethod, true)
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
    const { email } = this.owner
    const addresses = [email, email.replace('@', '+2fa@'), `codes-${email}`]
    return addresses[mailboxes.indexOf(this.#setup.codesTo)] ?? email
  }

  get #mailKind(): 'mailbox' | 'otherMailbox' {
    return this.#setup.codesTo === 'another mailbox' ? 'otherMailbox' : 'mailbox'
  }

  #sentCode(kind: Kind): Promise<string> {
    return this.#latchkey.codeSentTo(kind === 'phone' ? this.owner.phoneNumber : this.#codeMailbox)
  }

  /**
   * Signs in with these things and nothing else.
   *
   * @param options.userVerified false for a thief, whose finger the passkey does not know
   * @returns the access token; undefined if it did not get in
   */
  async signInWith(
    has: ReadonlySet<Kind>,
    { userVerified = true } = {},
  ): Promise<string | undefined> {
    const { owner } = this
    travel(31_000)
    if (has.has('passkey') && this.#passkey) {
      const tampering = { userVerified }
      const alone = await signInWithPasskey(this.#latchkey, this.#passkey, { tampering })
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

/** Trials without the password begin by resetting it, so they come last. */
const last = (kind: Kind) => (a: { what: Kind }, b: { what: Kind }) =>
  Number(a.what === kind) - Number(b.what === kind)

onDatabase(
  'SQLite',
  (latchkey) => {
    for (const [index, setup] of [...setupsWithMfaOff(), ...setupsWithMfaOn()].entries()) {
      const { defaultMethod, current, pending, codesTo } = setup
      const others = current.filter((method) => method !== defaultMethod)
      const name = [
        `${defaultMethod ?? 'MFA off'}, codes to ${codesTo}`,
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
          [
            defaultMethod ?? null,
            mfaMethods.filter(isIn(current)),
            mfaMethods.filter(isIn(pending)),
          ],
        )
        const waysIn = assertStatus(await owner.get('/settings/WaysIn'), 200).body

        for (const { what, stillIn, canChange } of waysIn.ifLost.toSorted(last('password'))) {
          const has = new Set(everything.filter((kind) => kind !== what))
          const token = await holder.signInWith(has)
          assert.equal(token !== undefined, stillIn, `without ${what}`)
          if (!token) continue
          const change = await latchkey.post('/settings/MfaSecret', undefined, { token })
          assert.equal(change.status === 200, canChange, `change without ${what}`)
        }
        for (const { what, letsIn } of waysIn.ifStolen.toSorted(last('mailbox'))) {
          const token = await holder.signInWith(new Set([what]), { userVerified: false })
          assert.equal(token !== undefined, letsIn, `a thief with ${what}`)
        }
      })
    }
  },
  { LATCHKEY_RATE_LIMITS: 'off', LATCHKEY_STEP_UP_MAX_AGE: '0' },
)

function isIn(methods: Method[]) {
  return (method: Method) => methods.includes(method)
}

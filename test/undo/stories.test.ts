/**
 * A search over short stories: a thief with one stolen thing takes some steps, then the owner takes the
 * account back. Afterwards the thief tries everything, and must not get in.
 *
 * A run takes an even sample; LATCHKEY_TEST_STORIES=all takes all of them.
 */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { travel } from '../support/clock.ts'
import { onDatabase } from '../support/latchkey.ts'
import type { Owner } from '../support/owner.ts'
import {
  linksSentTo,
  type StolenThing,
  secondMailboxOf,
  stolenThings,
  Thief,
} from '../support/thief.ts'

const day = 86_400_000
const sampleSize = 80

/** The owner’s MFA when the thief begins, and how long it has been on. */
const beginnings = {
  'MFA off': undefined,
  'MFA on for an hour': { forMs: day / 24, onOldDevice: false },
  'MFA on for eight days': { forMs: 8 * day, onOldDevice: false },
  'MFA on for two days, from a device of a week': { forMs: 2 * day, onOldDevice: true },
}

const steps = {
  'reset the password': (thief: Thief) => thief.resetPassword(),
  'change the password': (thief: Thief) => thief.owner.changePassword('the sentence of a thief'),
  'turn MFA off': (thief: Thief) => thief.owner.delete('/settings/MfaSignIn'),
  'turn their app on': (thief: Thief) => thief.turnOnApp(),
  'add a passkey': (thief: Thief) => thief.addPasskey(),
  'add a phone': (thief: Thief) => thief.addPhone(),
  'make recovery codes': (thief: Thief) => thief.makeRecoveryCodes(),
  'use a link': (thief: Thief) => thief.useLink(),
  'wait six hours': async () => travel(day / 4),
  'wait a day': async () => travel(day),
} satisfies Record<string, (thief: Thief) => Promise<unknown> | unknown>
type Step = keyof typeof steps

interface Story {
  beginning: keyof typeof beginnings
  stolen: StolenThing
  steps: Step[]
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

  /** Codes by email become a method; with MFA off, one that is set up and nothing more. */
  async function sendCodesToSecondMailbox(ada: Owner): Promise<void> {
    const { enabled } = (await ada.get('/settings/MfaSignIn')).body
    const email = secondMailboxOf(ada)
    const request = { mfaMethod: 'email', email, setDefault: false }
    assert.equal((await ada.post('/settings/MfaSignIn', request)).status, 202)
    const code = await latchkey.codeSentTo(email)
    assert.equal((await ada.post('/settings/MfaSignIn', { ...request, code })).status, 200)
    if (!enabled) await ada.delete('/settings/MfaSignIn')
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
      if (mfa) await ada.turnOn('authenticator', mfa.onOldDevice ? { deviceToken } : {})
      if (stolen === 'second mailbox') await sendCodesToSecondMailbox(ada)
      if (mfa) {
        travel(mfa.forMs)
        await ada.signInFully()
      }
      travel(1000)
      const ownLinks = await linksSentTo(latchkey, ada.email)
      const thief = new Thief(latchkey, ada, { stolen, oldLink })
      const isSettled = mfa !== undefined && mfa.forMs > (mfa.onOldDevice ? day : 7 * day)
      const hasToken = stolen === 'access token' || stolen === 'strong session'
      const staysOut = stolen === 'second mailbox' || (isSettled && !hasToken)
      for (const step of story.steps) {
        // A step that the thief cannot take changes nothing.
        await thief.enter()
        await Promise.resolve(steps[step](thief)).catch(() => undefined)
        travel(1000)
        if (staysOut) assert.equal(await thief.hasSession(), false, 'the thief got in')
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

import assert from 'node:assert/strict'
import { test } from 'node:test'
import { renderNotification } from '../../src/notifications/templates.ts'
import { travel } from '../support/clock.ts'
import { type Message, onEachDatabase, type TestLatchkey } from '../support/latchkey.ts'
import {
  mfaActivityOf,
  mfaMethods,
  mfaNoticesTo,
  openSecondSession,
  submitMfaCode,
} from '../support/mfa.ts'
import type { Owner } from '../support/owner.ts'

const methodNames = {
  passkey: 'a passkey',
  authenticator: 'an authenticator app',
  sms: 'codes by text message',
  email: 'codes by email',
}

/** The end of every notice: the deadline of the undo, and its link. */
const undo = [
  'If this wasn’t you, you can undo it until <when>. You will then sign in as before, and all devices will be signed out:',
  '<link>',
]

/** The paragraphs of an email's text, with placeholders for times and the undo link. */
function paragraphsOf({ text }: Message): string[] {
  return text
    .replaceAll(/\d+ [A-Z][a-z]+ \d{4} at \d\d:\d\d \(UTC\)/g, '<when>')
    .replace(/http\S+\/undo#token=[\w-]{43}/, '<link>')
    .split('\n\n')
}

/** Turns MFA on by email at an address, and verifies it. */
async function turnOnByEmail(latchkey: TestLatchkey, owner: Owner, email: string): Promise<void> {
  await owner.post('/settings/MfaSignIn', { mfaMethod: 'email', email })
  const code = await latchkey.codeSentTo(email)
  const on = await owner.post('/settings/MfaSignIn', { mfaMethod: 'email', email, code })
  assert.equal(on.status, 200)
}

onEachDatabase((latchkey) => {
  for (const method of mfaMethods) {
    test(`the owner is notified when ${method} is turned on and off, with the time and an undo link`, async () => {
      const ada = await latchkey.owner({ mfaMethod: method })
      const footer = `Latchkey · ${latchkey.origin}`
      const [on, ...others] = await mfaNoticesTo(latchkey, ada.email)
      assert.ok(on)
      assert.deepEqual(others, [])
      assert.equal(on.subject, 'Your second step for Latchkey is on')
      assert.deepEqual(paragraphsOf(on), [
        `Since <when>, you need a second step in addition to your password to sign in to Latchkey: ${methodNames[method]}.`,
        ...undo,
        footer,
      ])
      const stated = /Since (.+) at (\d\d:\d\d) \(UTC\)/.exec(on.text)
      const difference = Date.parse(`${stated?.[1]} ${stated?.[2]} UTC`) - Date.now()
      assert.ok(Math.abs(difference) < 120_000, on.text)

      await ada.delete('/settings/MfaSignIn')
      const [off] = await mfaNoticesTo(latchkey, ada.email)
      assert.ok(off)
      assert.equal(off.subject, 'Your second step for Latchkey is off')
      assert.deepEqual(paragraphsOf(off), [
        'Since <when>, your password alone signs you in to Latchkey.',
        ...undo,
        footer,
      ])
      assert.deepEqual((await mfaActivityOf(ada)).slice(0, 1), ['mfa.off'])
    })
  }

  test('the owner is notified when the method changes, and when one is removed', async () => {
    const ada = await latchkey.owner({ mfaMethod: 'authenticator' })
    await ada.turnOn('sms')
    const [changed] = await mfaNoticesTo(latchkey, ada.email)
    assert.ok(changed)
    assert.equal(changed.subject, 'Your second step for Latchkey was changed')
    assert.equal(
      paragraphsOf(changed)[0],
      'On <when>, your second step for Latchkey was changed to codes by text message.',
    )
    assert.equal((await mfaActivityOf(ada))[0], 'mfa.method_added')

    await ada.turnOn('authenticator')
    assert.equal((await mfaActivityOf(ada))[0], 'mfa.method_changed')
    assert.equal((await mfaNoticesTo(latchkey, ada.email)).length, 3)

    await ada.delete('/settings/MfaSecret')
    const [removed] = await mfaNoticesTo(latchkey, ada.email)
    assert.ok(removed)
    assert.equal(removed.subject, 'A second step for Latchkey was removed')
    assert.equal(
      paragraphsOf(removed)[0],
      'Since <when>, you can no longer use an authenticator app to sign in to Latchkey.',
    )
  })

  test('every address verified before a change is notified of it, and none that is verified by it', async () => {
    const ada = await latchkey.owner()
    const secondEmail = `second-${ada.email}`
    const thirdEmail = `third-${ada.email}`
    const subjects = async (address: string) =>
      (await mfaNoticesTo(latchkey, address)).map(({ subject }) => subject.split(' ').at(-1))

    await turnOnByEmail(latchkey, ada, secondEmail)
    assert.deepEqual(await subjects(ada.email), ['on'])
    assert.deepEqual(await subjects(secondEmail), [])
    await turnOnByEmail(latchkey, ada, thirdEmail)
    assert.deepEqual(await subjects(ada.email), ['changed', 'on'])
    assert.deepEqual(await subjects(secondEmail), ['changed'], 'the replaced address is notified')
    assert.deepEqual(await subjects(thirdEmail), [])
    await ada.delete('/settings/MfaSignIn')
    assert.deepEqual(await subjects(ada.email), ['off', 'changed', 'on'])
    assert.deepEqual(await subjects(secondEmail), ['changed'])
    assert.deepEqual(await subjects(thirdEmail), ['off'])
  })

  // Abuse case (Undo): The mailbox that only received codes got an undo link, which set a password.
  test('only the account’s own address gets the undo link, and another says where the link is', async () => {
    const ada = await latchkey.owner()
    const secondEmail = `second-${ada.email}`
    await turnOnByEmail(latchkey, ada, secondEmail)
    await ada.delete('/settings/MfaSignIn')
    const [toAccount] = await mfaNoticesTo(latchkey, ada.email)
    const [toSecond] = await mfaNoticesTo(latchkey, secondEmail)
    assert.match(toAccount?.text ?? '', /\/undo#token=/)
    for (const body of [toSecond?.text ?? '', toSecond?.html ?? '']) {
      assert.doesNotMatch(body, /\/undo#token=/)
      assert.match(body, /with the link in the message to your account’s own address/)
    }
  })

  test('an owner whose codes go to the account’s own address is notified once', async () => {
    const ada = await latchkey.owner({ mfaMethod: 'email' })
    await ada.delete('/settings/MfaSignIn')
    assert.equal((await mfaNoticesTo(latchkey, ada.email)).length, 2)
  })

  test('notices of a change contain no code, no phone number and no other address', async () => {
    const ada = await latchkey.owner({ mfaMethod: 'sms' })
    await turnOnByEmail(latchkey, ada, `second-${ada.email}`)
    const notices = await mfaNoticesTo(latchkey, ada.email)
    assert.equal(notices.length, 2)
    for (const { text, html } of notices) {
      for (const body of [text, html ?? '']) {
        assert.doesNotMatch(body, /\b[0-9]{6}\b/)
        assert.ok(!body.includes(ada.phoneNumber.slice(2)))
        assert.ok(!body.includes(`second-${ada.email}`))
      }
    }
  })

  test('requesting, failing and reading do not notify the owner', async () => {
    const ada = await latchkey.owner({ mfaMethod: 'authenticator' })
    const before = await mfaNoticesTo(latchkey, ada.email)
    const other = await openSecondSession(latchkey, ada)
    await other.get('/settings/MfaSignIn')
    await other.enrollAuthenticator()
    const code = await other.wrongCodeFor('authenticator')
    await other.post('/settings/MfaSignIn', { mfaMethod: 'authenticator', code })
    await other.post('/settings/MfaSignIn', { mfaMethod: 'sms', phoneNumber: ada.phoneNumber })
    await submitMfaCode(latchkey, await ada.signIn(), { code })
    assert.deepEqual(await mfaNoticesTo(latchkey, ada.email), before)
  })
})

// Abuse case (Input and output): HTML in a name or a user agent ran where it was displayed.
test('HTML in the brand name is escaped in a message', () => {
  const evil = {
    name: '<img src=x onerror=alert(1)>',
    publicUrl: 'https://accounts.example.com',
    color: '#17603c',
    onColor: '#ffffff',
    logo: false,
  }
  const { html = '' } = renderNotification(
    {
      ...{ channel: 'email', language: 'en', template: 'mfa-off', secret: undefined },
      params: { at: 0, reason: null },
    },
    evil,
  )
  assert.doesNotMatch(html, /<img/)
  assert.match(html, /&lt;img src=x onerror=alert\(1\)&gt;/)
})

const publicUrl = 'https://accounts.example.com'
const brand = `Tom &amp; "Jerry" & Co`

onEachDatabase(
  (latchkey) => {
    test('a code is in the subject and the first line, where a notification shows it', async () => {
      const ada = await latchkey.owner()
      await ada.post('/settings/MfaSignIn', { mfaMethod: 'email' })
      const [setUp] = await latchkey.inbox(ada.email)
      const code = await ada.codeFor('email')
      await ada.post('/settings/MfaSignIn', { mfaMethod: 'email', code })
      travel(1000)
      await ada.signIn()
      const [signIn] = await latchkey.inbox(ada.email)
      for (const [message, purpose] of [
        [setUp, 'to receive your sign-in codes'],
        [signIn, 'to finish signing in'],
      ] as const) {
        assert.ok(message)
        const shown = /^[0-9]{6}/.exec(message.subject)?.[0]
        latchkey.markSecret(shown)
        assert.ok(shown, message.subject)
        assert.equal(message.subject, `${shown} is your ${brand} code`)
        assert.equal(message.text.split('\n')[0], shown)
        assert.ok(message.text.includes(purpose))
        assert.ok(message.text.endsWith(`${brand} · ${publicUrl}`))
      }
    })

    test('a text is plain, and its last line lets phones autofill the code on our pages only', async () => {
      const ada = await latchkey.owner({ mfaMethod: 'sms' })
      travel(1000)
      await ada.signIn()
      const texts = await latchkey.inbox(ada.phoneNumber)
      assert.equal(texts.length, 2)
      for (const message of texts) {
        const code = /^[0-9]{6}/.exec(message.text)?.[0]
        latchkey.markSecret(code)
        assert.equal(message.channel, 'sms')
        assert.equal(message.html, undefined)
        assert.equal(message.to, ada.phoneNumber)
        const lines = message.text.split('\n')
        assert.equal(lines[0], `${code} is your ${brand} code.`)
        assert.equal(lines.at(-1), `@accounts.example.com #${code}`)
        assert.equal(lines.at(-2), '', 'an empty line, as the format requires')
        assert.doesNotMatch(message.text, /<|https?:|\r/)
      }
    })

    test('the brand name is escaped in HTML, and nowhere else', async () => {
      const ada = await latchkey.owner({ mfaMethod: 'email' })
      await ada.delete('/settings/MfaSignIn')
      const escaped = 'Tom &amp;amp; &quot;Jerry&quot; &amp; Co'
      const messages = await latchkey.inbox(ada.email)
      assert.equal(messages.length, 4)
      for (const { subject, text, html } of messages) {
        assert.ok(subject.includes(brand))
        assert.ok(text.includes(brand))
        assert.ok(html?.includes(`${escaped} · ${publicUrl}`))
        assert.ok(!html?.includes('Tom &amp; '), 'an entity of the name is read as HTML')
        assert.doesNotMatch(
          html ?? '',
          /<script|<img|<a (?!href="https:\/\/accounts\.example\.com\/undo#token=)|\son\w+=|https?:\/\/(?!accounts\.example)/,
        )
      }
    })

    test('a forged host appears in no message', async () => {
      const ada = await latchkey.owner({ mfaMethod: 'email' })
      const headers = {
        host: 'evil.example',
        'x-forwarded-host': 'evil.example',
        'x-forwarded-proto': 'http',
        forwarded: 'host=evil.example',
        origin: 'https://evil.example',
        referer: 'https://evil.example/',
      }
      assert.equal((await ada.delete('/settings/MfaSignIn', { headers })).status, 200)
      const [off] = await mfaNoticesTo(latchkey, ada.email)
      assert.ok(off?.text.includes(publicUrl))
      assert.ok(!JSON.stringify(off).includes('evil'))
    })
  },
  { LATCHKEY_PUBLIC_URL: publicUrl, LATCHKEY_BRAND_NAME: brand },
)

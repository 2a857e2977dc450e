import './styles.css'
import { useCallback, useEffect, useState } from 'preact/hooks'
import type { MfaSignInOn } from '../../client/latchkey.ts'
import { config } from './config.ts'
import { Button, type Failure, Notice } from './forms.tsx'
import { goOn, leaveFor } from './go-on.ts'
import { Heading, show } from './page.tsx'
import { type Account, type Loaded, load } from './security/account.ts'
import { ActivitySection } from './security/activity-section.tsx'
import { Asking, signInPath, useAsking } from './security/asking.tsx'
import { DeletionSection } from './security/deletion-section.tsx'
import { DevicesSection } from './security/devices-section.tsx'
import { EmailSection } from './security/email-section.tsx'
import { LanguageSection } from './security/language-section.tsx'
import { MfaSection, type SettingUp } from './security/mfa-section.tsx'
import { NewCodes } from './security/new-codes.tsx'
import { PasskeysSection } from './security/passkeys-section.tsx'
import { PasswordSection } from './security/password-section.tsx'
import { PhoneSection } from './security/phone-section.tsx'
import { whyNot } from './security/problems.ts'
import { RecoverySection } from './security/recovery-section.tsx'
import { SessionsSection } from './security/sessions-section.tsx'
import { SetUp } from './security/set-up.tsx'
import { StepUp } from './security/step-up.tsx'
import { WaysInSection } from './security/ways-in-section.tsx'
import { words } from './security/words.ts'
import { accessToken, forget, renew, signOut } from './session.ts'
import { text } from './text.ts'

function Security() {
  const { ask, confirming } = useAsking()
  const [loaded, setLoaded] = useState<Loaded>()
  const [closed, setClosed] = useState<string>()
  const [failure, setFailure] = useState<Failure>()
  const account = loaded && 'account' in loaded ? loaded.account : undefined

  const reload = useCallback(async () => {
    const now = await load(ask)
    if (now) setLoaded(now)
  }, [ask])
  useEffect(() => {
    reload()
  }, [reload])

  function changed(now: Partial<Account> = {}) {
    if (account) setLoaded({ account: { ...account, ...now } })
    reload()
  }

  async function leave() {
    const refused = await signOut()
    setFailure(refused && whyNot(refused))
  }

  function deleted() {
    setClosed(account?.settings.email)
    forget()
  }

  if (closed !== undefined) return <Closed email={closed} />
  return (
    <Asking.Provider value={ask}>
      <header class="row">
        <div>
          <Heading>{words.title}</Heading>
          {account && <p class="soft">{words.signedInAs(account.settings.email)}</p>}
        </div>
        <Button onClick={leave}>{words.signOut}</Button>
      </header>
      {failure && <Notice kind="wrong">{failure.message}</Notice>}
      {!loaded && <p class="soft">{text.common.working}</p>}
      {loaded && 'failure' in loaded && (
        <section class="card stack">
          <Notice kind="wrong">{loaded.failure.message}</Notice>
          <Button onClick={reload}>{words.tryAgain}</Button>
        </section>
      )}
      {loaded && 'mustSetUp' in loaded && <MustSetUp done={reload} />}
      {account && <Sections account={account} changed={changed} deleted={deleted} />}
      {confirming && (
        <StepUp
          confirming={confirming}
          email={account?.settings.email}
          hasPasskeys={hasPasskeys(loaded)}
        />
      )}
    </Asking.Provider>
  )
}

function hasPasskeys(loaded: Loaded | undefined): boolean {
  if (!loaded || 'failure' in loaded) return false
  return 'account' in loaded
    ? loaded.account.settings.passkeys.length > 0
    : loaded.mustSetUp.hasPasskeys
}

/** Everything, what matters most first. */
function Sections(props: {
  account: Account
  changed: (now?: Partial<Account>) => void
  deleted: () => void
}) {
  const { account, changed, deleted } = props
  const { settings } = account
  const [settingUp, setUp] = useState<SettingUp>()
  const knowsTexts = config.mfaMethods.includes('sms') || settings.phoneNumber !== null
  const knowsCodes = settings.mfaSignIn.enabled
  return (
    <>
      <MfaSection account={account} changed={changed} settingUp={settingUp} setUp={setUp} />
      <WaysInSection account={account} setUp={setUp} />
      {knowsCodes && <RecoverySection account={account} changed={changed} />}
      <PasskeysSection account={account} changed={changed} />
      <PasswordSection account={account} changed={changed} />
      <EmailSection account={account} changed={changed} />
      {knowsTexts && <PhoneSection account={account} changed={changed} />}
      <LanguageSection account={account} changed={changed} />
      <SessionsSection account={account} changed={changed} />
      <DevicesSection account={account} changed={changed} />
      <ActivitySection account={account} />
      <DeletionSection account={account} deleted={deleted} />
    </>
  )
}

/** Where everyone must have a second step: nothing else is allowed before it is set up. */
function MustSetUp({ done }: { done: () => Promise<void> }) {
  const [codes, setCodes] = useState<string[]>()

  async function isOn({ recoveryCodes }: MfaSignInOn) {
    if (recoveryCodes) setCodes(recoveryCodes)
    else await goAhead()
  }

  /** Tokens that can do everything, and on to where they wanted to go. */
  async function goAhead() {
    await renew()
    if (config.returnTo) await goOn()
    else await done()
  }

  return (
    <section class="card stack" aria-label={words.mfa.title}>
      {codes ? (
        <NewCodes codes={codes} email={undefined} done={goAhead} />
      ) : (
        <>
          <h2>{words.mfa.setUpTitle}</h2>
          <p>{words.mfa.setUpWhy(config.name)}</p>
          <SetUp settings={undefined} start={undefined} done={isOn} cancel={undefined} />
        </>
      )}
    </section>
  )
}

function Closed({ email }: { email: string }) {
  return (
    <section class="card stack">
      <Heading focused>{words.deletion.doneTitle}</Heading>
      <p>{words.deletion.doneMeans(email)}</p>
      <a href="/signin">{words.deletion.toSignIn}</a>
    </section>
  )
}

if (await accessToken()) show(<Security />, { wide: true })
else await leaveFor(signInPath)

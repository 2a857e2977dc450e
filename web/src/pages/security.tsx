import { useCallback, useEffect, useState } from 'preact/hooks'
import type { MfaSignInOn } from '../../../client/latchkey.ts'
import { Button } from '../components/button.tsx'
import { Notice } from '../components/notice.tsx'
import { Heading, renderPage } from '../components/page.tsx'
import { config } from '../config.ts'
import type { Failure } from '../failure.ts'
import { navigateTo, redirectAfterSignIn } from '../return-to.ts'
import { type Account, type LoadResult, loadAccount } from '../security/account.ts'
import { t } from '../security/i18n.ts'
import { NewRecoveryCodes } from '../security/new-recovery-codes.tsx'
import { ActivitySection } from '../security/sections/activity-section.tsx'
import { AppsSection } from '../security/sections/apps-section.tsx'
import { DeletionSection } from '../security/sections/deletion-section.tsx'
import { EmailSection } from '../security/sections/email-section.tsx'
import { LanguageSection } from '../security/sections/language-section.tsx'
import { MfaSection, type SetUpChoice } from '../security/sections/mfa-section.tsx'
import { PasskeysSection } from '../security/sections/passkeys-section.tsx'
import { PasswordSection } from '../security/sections/password-section.tsx'
import { PhoneSection } from '../security/sections/phone-section.tsx'
import { ProfileSection } from '../security/sections/profile-section.tsx'
import { RecoveryCodesSection } from '../security/sections/recovery-codes-section.tsx'
import { SessionsSection } from '../security/sections/sessions-section.tsx'
import { TrustedDevicesSection } from '../security/sections/trusted-devices-section.tsx'
import { WaysInSection } from '../security/sections/ways-in-section.tsx'
import { securityFailureOf } from '../security/security-failure.ts'
import { SetUp } from '../security/set-up/set-up.tsx'
import { StepUpContext, signInPath, useStepUpRequest } from '../security/step-up-context.tsx'
import { StepUpDialog } from '../security/step-up-dialog.tsx'
import { clearTokens, getAccessToken, refreshTokens, signOut, wasOtherAccount } from '../session.ts'
import { text } from '../text.ts'

function Security() {
  const { withStepUp, request: stepUp } = useStepUpRequest()
  const [loaded, setLoaded] = useState<LoadResult>()
  const [deletedEmail, setDeletedEmail] = useState<string>()
  const [failure, setFailure] = useState<Failure>()
  const [otherAccount] = useState(wasOtherAccount)
  const account = loaded && 'account' in loaded ? loaded.account : undefined

  const reload = useCallback(async () => {
    const result = await loadAccount(withStepUp)
    if (result) setLoaded(result)
  }, [withStepUp])
  useEffect(() => {
    reload()
  }, [reload])

  function handleChange(changes: Partial<Account> = {}) {
    if (account) setLoaded({ account: { ...account, ...changes } })
    reload()
  }

  async function handleSignOut() {
    const failed = await signOut()
    setFailure(failed && securityFailureOf(failed))
  }

  function handleDeleted() {
    setDeletedEmail(account?.settings.email)
    clearTokens()
  }

  if (deletedEmail !== undefined) return <AccountDeleted email={deletedEmail} />
  return (
    <StepUpContext.Provider value={withStepUp}>
      <header class="row">
        <div>
          <Heading>{t.title}</Heading>
          {account && <p class="soft">{t.signedInAs(account.settings.email)}</p>}
        </div>
        <Button onClick={handleSignOut}>{t.signOut}</Button>
      </header>
      {otherAccount && <Notice>{t.otherAccount}</Notice>}
      {failure && <Notice kind="error">{failure.message}</Notice>}
      {!loaded && <p class="soft">{text.common.working}</p>}
      {loaded && 'failure' in loaded && (
        <section class="card stack">
          <Notice kind="error">{loaded.failure.message}</Notice>
          <Button onClick={reload}>{t.tryAgain}</Button>
        </section>
      )}
      {loaded && 'mustSetUp' in loaded && <RequiredSetUp onDone={reload} />}
      {account && <Sections account={account} onChange={handleChange} onDeleted={handleDeleted} />}
      {stepUp && (
        <StepUpDialog
          request={stepUp}
          email={account?.settings.email}
          hasPassword={account?.settings.hasPassword ?? true}
          hasPasskeys={hasPasskeys(loaded)}
        />
      )}
    </StepUpContext.Provider>
  )
}

/** Whether a passkey can reauthenticate the owner. */
function hasPasskeys(loaded: LoadResult | undefined): boolean {
  if (!loaded || 'failure' in loaded) return false
  return 'account' in loaded
    ? loaded.account.settings.passkeys.some(({ pending }) => !pending)
    : loaded.mustSetUp.hasPasskeys
}

/** The most important sections come first. */
function Sections(props: {
  account: Account
  onChange: (changes?: Partial<Account>) => void
  onDeleted: () => void
}) {
  const { account, onChange, onDeleted } = props
  const { settings } = account
  const [settingUp, setSettingUp] = useState<SetUpChoice>()
  const showPhone = config.mfaMethods.includes('sms') || settings.phoneNumber !== null
  return (
    <>
      <MfaSection
        account={account}
        onChange={onChange}
        settingUp={settingUp}
        onSetUp={setSettingUp}
      />
      <WaysInSection account={account} onSetUp={setSettingUp} />
      <RecoveryCodesSection account={account} onChange={onChange} />
      <PasskeysSection account={account} onChange={onChange} />
      <PasswordSection account={account} onChange={onChange} />
      <EmailSection account={account} onChange={onChange} />
      {showPhone && <PhoneSection account={account} onChange={onChange} />}
      <ProfileSection account={account} onChange={onChange} />
      <LanguageSection account={account} onChange={onChange} />
      <AppsSection account={account} onChange={onChange} />
      <SessionsSection account={account} onChange={onChange} />
      <TrustedDevicesSection account={account} onChange={onChange} />
      <ActivitySection account={account} />
      <DeletionSection account={account} onDeleted={onDeleted} />
    </>
  )
}

/** Sets up MFA where the policy requires it; the session allows nothing else until then. */
function RequiredSetUp({ onDone }: { onDone: () => Promise<void> }) {
  const [codes, setCodes] = useState<string[]>()

  async function handleEnabled({ recoveryCodes }: MfaSignInOn) {
    if (recoveryCodes) setCodes(recoveryCodes)
    else await finish()
  }

  /** Replaces the access token, which only allows setting up MFA, and continues. */
  async function finish() {
    await refreshTokens()
    if (config.returnTo) await redirectAfterSignIn()
    else await onDone()
  }

  return (
    <section class="card stack" aria-label={t.mfa.title}>
      {codes ? (
        <NewRecoveryCodes codes={codes} email={undefined} onDone={finish} />
      ) : (
        <>
          <h2>{t.mfa.setUpTitle}</h2>
          <p>{t.mfa.setUpWhy(config.brandName)}</p>
          <SetUp
            settings={undefined}
            initialMethod={undefined}
            onDone={handleEnabled}
            onCancel={undefined}
          />
        </>
      )}
    </section>
  )
}

function AccountDeleted({ email }: { email: string }) {
  return (
    <section class="card stack">
      <Heading autofocus>{t.deletion.doneTitle}</Heading>
      <p>{t.deletion.doneMeans(email)}</p>
      <a href="/signin">{t.deletion.toSignIn}</a>
    </section>
  )
}

if (await getAccessToken()) renderPage(<Security />, { wide: true })
else await navigateTo(signInPath)

import type { MfaMethod, Settings } from '../../../../client/latchkey.ts'
import { Button } from '../../components/button.tsx'
import { passkeysSupported } from '../../passkey.ts'
import { text } from '../../text.ts'
import { t } from '../i18n.ts'

/** Methods that were set up before and sign in once their owner confirms them. */
export function PendingMethods(props: {
  settings: Settings
  onConfirm: (method: MfaMethod) => void
}) {
  const { settings, onConfirm } = props
  const methods = settings.mfaSignIn.pendingMethods.filter(
    (method) => method !== 'passkey' || passkeysSupported,
  )
  if (methods.length === 0) return null
  const addresses: Partial<Record<MfaMethod, string | null>> = {
    sms: settings.phoneNumber,
    email: settings.mfaSignIn.mfaEmail,
  }
  return (
    <div class="stack">
      <div>
        <h3>{t.confirm.pendingTitle}</h3>
        <p class="soft">
          {t.confirm.pendingMeans(methods.length)} {settings.sessions > 1 && t.choose.endsOthers}
        </p>
      </div>
      <ul class="plain entries">
        {methods.map((method) => (
          <li key={method}>
            <div class="entry short">
              <p>
                <b>{text.methods[method]}</b>
                <span class="soft"> {addresses[method]}</span>
              </p>
              <Button label={t.confirm.titles[method]} onClick={() => onConfirm(method)}>
                {t.confirm.submit}
              </Button>
            </div>
          </li>
        ))}
      </ul>
    </div>
  )
}

import { useId, useState } from 'preact/hooks'
import type { MfaMethod } from '../../../../client/latchkey.ts'
import { config } from '../../config.ts'
import { passkeysSupported } from '../../passkey.ts'
import { text } from '../../text.ts'
import { CancelButton } from '../cancel-button.tsx'
import { t } from '../i18n.ts'
import { StepHeading } from '../step-heading.tsx'
import { SetUpAuthenticator } from './set-up-authenticator.tsx'
import { SetUpEmail } from './set-up-email.tsx'
import { SetUpPasskey } from './set-up-passkey.tsx'
import type { SetUpProps } from './set-up-props.ts'
import { SetUpSms } from './set-up-sms.tsx'

const setUpByMethod = {
  passkey: SetUpPasskey,
  authenticator: SetUpAuthenticator,
  sms: SetUpSms,
  email: SetUpEmail,
} satisfies Record<MfaMethod, unknown>

/** Turns MFA on or changes its method. */
export function SetUp(props: SetUpProps & { initialMethod: MfaMethod | undefined }) {
  const { settings, initialMethod } = props
  const inUse = settings?.mfaSignIn.mfaMethod
  const methods = config.mfaMethods.filter(
    // Further passkeys are added in the section of the passkeys.
    (method) => method !== 'passkey' || (passkeysSupported && inUse !== 'passkey'),
  )
  const onlyMethod = methods.length === 1 ? methods[0] : undefined
  const [method, setMethod] = useState(initialMethod ?? onlyMethod)

  if (!method) return <MethodList methods={methods} inUse={inUse} onChoose={setMethod} {...props} />
  const onCancel = onlyMethod ? props.onCancel : () => setMethod(undefined)
  return <SetUpMethod {...props} method={method} onCancel={onCancel} />
}

export function SetUpMethod({ method, ...props }: SetUpProps & { method: MfaMethod }) {
  const MethodSetUp = setUpByMethod[method]
  return <MethodSetUp {...props} />
}

function MethodList(
  props: SetUpProps & {
    methods: MfaMethod[]
    inUse: MfaMethod | null | undefined
    onChoose: (method: MfaMethod) => void
  },
) {
  const { settings, methods, inUse, onChoose, onCancel } = props
  const hasOtherSessions = (settings?.sessions ?? 0) > 1
  return (
    <div class="stack">
      <StepHeading>{t.choose.title}</StepHeading>
      {hasOtherSessions && <p class="soft">{t.choose.endsOthers}</p>}
      <ul class="plain stack">
        {methods.map((method) => (
          <MethodOption key={method} method={method} inUse={method === inUse} onChoose={onChoose} />
        ))}
      </ul>
      {onCancel && <CancelButton onClick={onCancel} />}
    </div>
  )
}

/** Clickable as a whole, but with a short accessible name. */
function MethodOption(props: {
  method: MfaMethod
  inUse: boolean
  onChoose: (method: MfaMethod) => void
}) {
  const { method, inUse, onChoose } = props
  const id = useId()
  return (
    <li class="choice">
      <button type="button" aria-describedby={id} onClick={() => onChoose(method)}>
        {text.methods[method]}
      </button>
      <p class="soft" id={id}>
        {inUse && <span class="badge">{t.choose.inUse}</span>} {t.choose.about[method]}
      </p>
    </li>
  )
}

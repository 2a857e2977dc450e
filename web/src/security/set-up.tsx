import { useId, useState } from 'preact/hooks'
import type { MfaMethod } from '../../../client/latchkey.ts'
import { config } from '../config.ts'
import { passkeysWork } from '../passkey.ts'
import { text } from '../text.ts'
import { Cancel } from './dialog.tsx'
import { StepTitle } from './parts.tsx'
import { SetUpApp } from './set-up-app.tsx'
import { SetUpEmail, SetUpText } from './set-up-codes.tsx'
import { SetUpPasskey } from './set-up-passkey.tsx'
import type { SetUpProps } from './way.ts'
import { words } from './words.ts'

const ways = {
  passkey: SetUpPasskey,
  authenticator: SetUpApp,
  sms: SetUpText,
  email: SetUpEmail,
} satisfies Record<MfaMethod, unknown>

/** Turns the second step on, or changes its method: choose one, show that it works, done. */
export function SetUp(props: SetUpProps & { start: MfaMethod | undefined }) {
  const { settings, start } = props
  const inUse = settings?.mfaSignIn.mfaMethod
  const methods = config.mfaMethods.filter(
    // Who has a passkey in use adds another one among the passkeys.
    (method) => method !== 'passkey' || (passkeysWork && inUse !== 'passkey'),
  )
  const only = methods.length === 1 ? methods[0] : undefined
  const [chosen, choose] = useState(start ?? only)

  if (!chosen) return <Choose methods={methods} inUse={inUse} choose={choose} {...props} />
  const Way = ways[chosen]
  const cancel = only ? props.cancel : () => choose(undefined)
  return <Way {...props} cancel={cancel} />
}

function Choose(
  props: SetUpProps & {
    methods: MfaMethod[]
    inUse: MfaMethod | null | undefined
    choose: (method: MfaMethod) => void
  },
) {
  const { settings, methods, inUse, choose, cancel } = props
  const others = (settings?.sessions ?? 0) > 1
  return (
    <div class="stack">
      <StepTitle>{words.choose.title}</StepTitle>
      {others && <p class="soft">{words.choose.endsOthers}</p>}
      <ul class="plain stack">
        {methods.map((method) => (
          <Choice key={method} method={method} inUse={method === inUse} choose={choose} />
        ))}
      </ul>
      {cancel && <Cancel onClick={cancel} />}
    </div>
  )
}

/** All of it can be pressed; what it is called is short. */
function Choice(props: { method: MfaMethod; inUse: boolean; choose: (method: MfaMethod) => void }) {
  const { method, inUse, choose } = props
  const id = useId()
  return (
    <li class="choice">
      <button type="button" aria-describedby={id} onClick={() => choose(method)}>
        {text.methods[method]}
      </button>
      <p class="soft" id={id}>
        {inUse && <span class="badge">{words.choose.inUse}</span>} {words.choose.about[method]}
      </p>
    </li>
  )
}

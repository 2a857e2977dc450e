import type { TurnOnMfaBody } from '../../../../client/latchkey.ts'
import { latchkey } from '../../session.ts'
import { useStepUp } from '../step-up-context.tsx'

/**
 * The call that turns MFA on by a method, or confirms one.
 *
 * @param options.confirming whether the method is set up already and only needs its proof
 */
export function useTurnOn({ confirming = false }: { confirming?: boolean | undefined }) {
  const withStepUp = useStepUp()
  return (body: Omit<TurnOnMfaBody, 'setDefault'>) =>
    withStepUp(() => latchkey.settings.mfaSignIn.post({ ...body, setDefault: !confirming }))
}

export type TurnOn = ReturnType<typeof useTurnOn>

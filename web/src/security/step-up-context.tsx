import { createContext } from 'preact'
import { useCallback, useContext, useState } from 'preact/hooks'
import type {
  AssertionRequired,
  AuthenticationResponseJSON,
  MfaRequired,
} from '../../../client/latchkey.ts'
import { getPasskey } from '../passkey.ts'
import { navigateTo } from '../return-to.ts'
import { latchkey, refreshTokens, storeTokens } from '../session.ts'

type Result = { ok: true; data: unknown } | { ok: false; problem: { code: string } }

/**
 * Makes a call with a valid access token. If the sign-in is too old or too weak for it, the owner
 * reauthenticates, and the call is repeated (step-up, RFC 9470).
 *
 * @param password already entered in the form of the call, and tried first
 * @returns undefined if the owner cancelled
 */
export type WithStepUp = <R extends Result>(
  call: () => Promise<R>,
  password?: string,
) => Promise<R | undefined>

/** A pending step-up, for the dialog. */
export interface StepUpRequest {
  /** Set if the password has been verified and the second step remains. */
  challenge: MfaRequired | undefined
  resolve: (confirmed: boolean) => void
}

export const StepUpContext = createContext<WithStepUp>(async (call) => withFreshToken(call))

export const useStepUp = () => useContext(StepUpContext)

export function useStepUpRequest(): { withStepUp: WithStepUp; request: StepUpRequest | undefined } {
  const [request, setRequest] = useState<StepUpRequest>()

  const requestStepUp = useCallback(async (password: string | undefined) => {
    const result = password === undefined ? undefined : await reauthenticate(password)
    if (result?.ok && result.data.status === 'signedIn') return true
    const challenge = result?.ok && result.data.status === 'mfaRequired' ? result.data : undefined
    const confirmed = await new Promise<boolean>((resolve) => setRequest({ challenge, resolve }))
    setRequest(undefined)
    return confirmed
  }, [])

  const withStepUp: WithStepUp = useCallback(async (call, password) => {
    const result = await withFreshToken(call)
    if (result.ok || result.problem.code !== 'insufficient_user_authentication') return result
    return (await requestStepUp(password)) ? withFreshToken(call) : undefined
  }, [])

  return { withStepUp, request }
}

export async function reauthenticate(password: string) {
  const result = await latchkey.auth.reauthenticate.post({ password })
  if (result.ok && result.data.status === 'signedIn') storeTokens(result.data)
  return result
}

/**
 * Makes a call that the owner confirms: by the password in `call` or, if the account has none, by a
 * passkey that signs for it.
 *
 * @param password already entered, and tried first if a step-up is due
 * @returns undefined if the owner cancelled
 */
export async function confirmCall<R extends Result>(
  withStepUp: WithStepUp,
  call: (assertion?: AuthenticationResponseJSON) => Promise<R>,
  password: string | undefined,
): Promise<Confirmed<R> | undefined> {
  const result = await withStepUp(() => call(), password)
  if (!result || !isAssertionRequired(result)) return result as Confirmed<R> | undefined
  const assertion = await getPasskey(result.data.options).catch(() => undefined)
  return assertion && (withStepUp(() => call(assertion)) as Promise<Confirmed<R> | undefined>)
}

type Confirmed<R> = Exclude<R, { data: AssertionRequired }>

function isAssertionRequired(result: Result): result is { ok: true; data: AssertionRequired } {
  const { status } = (result.ok ? (result.data ?? {}) : {}) as { status?: unknown }
  return status === 'assertionRequired'
}

const tokenProblems = ['missing_token', 'invalid_token']

/** Repeats the call once if the token was rejected, for it can be revoked before it expires. */
async function withFreshToken<R extends Result>(call: () => Promise<R>): Promise<R> {
  const result = await call()
  if (result.ok || !tokenProblems.includes(result.problem.code)) return result
  return (await refreshTokens()) ? call() : navigateTo(signInPath)
}

export const signInPath = `/signin?returnTo=${encodeURIComponent('/security')}`

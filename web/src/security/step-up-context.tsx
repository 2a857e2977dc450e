import { createContext } from 'preact'
import { useCallback, useContext, useState } from 'preact/hooks'
import type { MfaChallenge } from '../components/second-step.tsx'
import { navigateTo } from '../return-to.ts'
import { latchkey, refreshTokens, storeTokens } from '../session.ts'

type Result = { ok: true } | { ok: false; problem: { code: string } }

/**
 * Makes a call for whoever is signed in. Where their sign-in is too old or too weak for it, they
 * confirm that it's them, and it is made again.
 *
 * @param password what they have just typed: they need not type it twice
 * @returns undefined if they would rather not
 */
export type WithStepUp = <R extends Result>(
  call: () => Promise<R>,
  password?: string,
) => Promise<R | undefined>

/** Somebody who is to confirm that it's them. */
export interface StepUpRequest {
  /** Their password was right; the second step comes next. */
  challenge: MfaChallenge | undefined
  resolve: (confirmed: boolean) => void
}

export const StepUpContext = createContext<WithStepUp>(async (call) => withFreshToken(call))

export const useStepUp = () => useContext(StepUpContext)

/** @returns how to ask, and who is to confirm that it's them meanwhile */
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

/** Confirms by the password; a second step may come next. */
export async function reauthenticate(password: string) {
  const result = await latchkey.auth.reauthenticate.post({ password })
  if (result.ok && result.data.status === 'signedIn') storeTokens(result.data)
  return result
}

const tokenProblems = ['missing_token', 'invalid_token']

/** A token may be refused though its time is not over: then there is another, or nobody is signed in. */
async function withFreshToken<R extends Result>(call: () => Promise<R>): Promise<R> {
  const result = await call()
  if (result.ok || !tokenProblems.includes(result.problem.code)) return result
  return (await refreshTokens()) ? call() : navigateTo(signInPath)
}

export const signInPath = `/signin?returnTo=${encodeURIComponent('/security')}`

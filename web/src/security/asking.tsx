import { createContext } from 'preact'
import { useCallback, useContext, useState } from 'preact/hooks'
import { leaveFor } from '../go-on.ts'
import type { Waiting } from '../second-step.tsx'
import { keep, latchkey, renew } from '../session.ts'

type Answer = { ok: true } | { ok: false; problem: { code: string } }

/**
 * Makes a call for whoever is signed in. Where their sign-in is too old or too weak for it, they
 * confirm that it's them, and it is made again.
 *
 * @param password what they have just typed: they need not type it twice
 * @returns undefined if they would rather not
 */
export type Ask = <A extends Answer>(
  call: () => Promise<A>,
  password?: string,
) => Promise<A | undefined>

/** Somebody who is to confirm that it's them. */
export interface Confirming {
  /** Their password was right; the second step comes next. */
  waiting: Waiting | undefined
  settle: (confirmed: boolean) => void
}

export const Asking = createContext<Ask>(async (call) => signedIn(call))

export const useAsk = () => useContext(Asking)

/** @returns how to ask, and who is to confirm that it's them meanwhile */
export function useAsking(): { ask: Ask; confirming: Confirming | undefined } {
  const [confirming, setConfirming] = useState<Confirming>()

  const confirm = useCallback(async (password: string | undefined) => {
    const known = password === undefined ? undefined : await reauthenticate(password)
    if (known?.ok && known.data.status === 'signedIn') return true
    const waiting = known?.ok && known.data.status === 'mfaRequired' ? known.data : undefined
    const confirmed = await new Promise<boolean>((settle) => setConfirming({ waiting, settle }))
    setConfirming(undefined)
    return confirmed
  }, [])

  const ask: Ask = useCallback(async (call, password) => {
    const answer = await signedIn(call)
    if (answer.ok || answer.problem.code !== 'insufficient_user_authentication') return answer
    return (await confirm(password)) ? signedIn(call) : undefined
  }, [])

  return { ask, confirming }
}

/** Confirms by the password; a second step may come next. */
export async function reauthenticate(password: string) {
  const answer = await latchkey.auth.reauthenticate.post({ password })
  if (answer.ok && answer.data.status === 'signedIn') keep(answer.data)
  return answer
}

const noToken = ['missing_token', 'invalid_token']

/** A token may be refused though its time is not over: then there is another, or nobody is signed in. */
async function signedIn<A extends Answer>(call: () => Promise<A>): Promise<A> {
  const answer = await call()
  if (answer.ok || !noToken.includes(answer.problem.code)) return answer
  return (await renew()) ? call() : leaveFor(signInPath)
}

export const signInPath = `/signin?returnTo=${encodeURIComponent('/security')}`

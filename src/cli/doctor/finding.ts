import { second } from '../../lib/clock.ts'

/** What was looked at, how it is, and what to do about it. */
export interface Finding {
  /** Which part of the service: `settings`, `database`, … */
  part: string
  status: 'ok' | 'warn' | 'fail'
  what: string
  /** Always there where something is wrong. */
  todo?: string
}

/** Finds out about one part. It writes nothing, and throws where it couldn't find out. */
export type Check = () => Promise<Finding | Finding[]>

export const ok = (part: string, what: string): Finding => ({ part, status: 'ok', what })
export const warn = (part: string, what: string, todo: string): Finding => {
  return { part, status: 'warn', what, todo }
}
export const fail = (part: string, what: string, todo: string): Finding => {
  return { part, status: 'fail', what, todo }
}

/** Longer than everything that is asked takes, even if it fails. */
const checkTimeoutMs = 20 * second

/** Runs a check to its end, or not at all: whatever hangs or fails is a finding too. */
export async function runCheck(part: string, check: Check, todo: string): Promise<Finding[]> {
  const { promise, resolve } = Promise.withResolvers<Finding>()
  const timeout = fail(part, `It did not answer within ${checkTimeoutMs / second} seconds.`, todo)
  const timer = setTimeout(() => resolve(timeout), checkTimeoutMs)
  try {
    return [await Promise.race([check(), promise])].flat()
  } catch (error) {
    return [fail(part, error instanceof Error ? error.message : 'It could not be looked at.', todo)]
  } finally {
    clearTimeout(timer)
  }
}

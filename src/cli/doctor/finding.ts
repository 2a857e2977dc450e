import { second } from '../../lib/clock.ts'

/** The result of a check. */
export interface Finding {
  /** The part of the service: `settings`, `database`, … */
  part: string
  status: 'ok' | 'warn' | 'fail'
  what: string
  /** How to solve it; absent only when `status` is `ok`. */
  todo?: string
}

/** Checks one part, without writing. @throws Error if the check itself failed */
export type Check = () => Promise<Finding | Finding[]>

export const ok = (part: string, what: string): Finding => ({ part, status: 'ok', what })
export const warn = (part: string, what: string, todo: string): Finding => {
  return { part, status: 'warn', what, todo }
}
export const fail = (part: string, what: string, todo: string): Finding => {
  return { part, status: 'fail', what, todo }
}

/** Longer than any check takes, including its own timeouts. */
const checkTimeoutMs = 20 * second

/** Runs a check. One that throws or hangs becomes a failed finding. */
export async function runCheck(part: string, check: Check, todo: string): Promise<Finding[]> {
  const { promise, resolve } = Promise.withResolvers<Finding>()
  const timeout = fail(
    part,
    `The check did not end within ${checkTimeoutMs / second} seconds.`,
    todo,
  )
  const timer = setTimeout(() => resolve(timeout), checkTimeoutMs)
  try {
    return [await Promise.race([check(), promise])].flat()
  } catch (error) {
    return [fail(part, error instanceof Error ? error.message : 'The check failed.', todo)]
  } finally {
    clearTimeout(timer)
  }
}

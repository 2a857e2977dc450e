/** Milliseconds since 1970. The only place that reads the system clock. */
export function now(): number {
  return Date.now()
}

export const second = 1000
export const minute = 60 * second
export const hour = 60 * minute
export const day = 24 * hour

/** A stored time in its wire format: ISO 8601 in UTC. */
export function toIsoString(at: number): string {
  return new Date(at).toISOString()
}

/** Whole seconds from now until `at`, rounded up, at least 1. */
export function secondsUntil(at: number): number {
  return Math.max(1, Math.ceil((at - now()) / second))
}

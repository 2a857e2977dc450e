import { mock } from 'node:test'

const realNow = Date.now.bind(Date)
let ahead = 0
let patched = false

/** Has the process believe that `ms` more have passed. Time only goes forward. */
export function travel(ms: number): void {
  if (!patched) mock.method(Date, 'now', () => realNow() + ahead)
  patched = true
  ahead += ms
}

/** To the beginning of the next 30-second step, in which an authenticator app shows a new code. */
export function travelToNextStep(): void {
  travel(30_000 - (Date.now() % 30_000))
}

const realNow = Date.now.bind(Date)
let aheadMs = 0
// Not `mock.method`, which keeps a stack trace of every call: that took a tenth of the time of the tests.
Date.now = () => realNow() + aheadMs

let runningNodes = 0

/**
 * Moves this process's time forward. Time goes back when the test's service stops.
 *
 * @throws Error while a second node runs, because its clock would stay behind
 */
export function travel(ms: number): void {
  if (runningNodes > 0) {
    throw new Error(
      'A second node is running, and its clock can’t travel. Travel before it starts.',
    )
  }
  aheadMs += ms
}

/** Ends all travels: the next service, of this test file or another, starts at the real time. */
export function returnToRealTime(): void {
  aheadMs = 0
}

/** Remembers the time of this process. @returns a function that ends all travels since */
export function rememberTime(): () => void {
  const rememberedMs = aheadMs
  return () => {
    aheadMs = rememberedMs
  }
}

/** Moves time to the next 30-second step, when an authenticator app shows a new code. */
export function travelToNextStep(): void {
  travel(30_000 - (Date.now() % 30_000))
}

/** Forbids travelling until the returned function is called. */
export function stopTravelling(): () => void {
  runningNodes += 1
  return () => {
    runningNodes -= 1
  }
}

/**
 * The environment of a child process whose clock is `ms` ahead of this process's. By default, child
 * processes keep real time.
 */
export function clockAheadBy(ms: number): Record<string, string> {
  const script = `const now = Date.now; Date.now = () => now() + ${aheadMs + ms}`
  return { NODE_OPTIONS: `--import=data:text/javascript,${encodeURIComponent(script)}` }
}

/**
 * Takes promises out of the async hook by which the test runner attributes work to tests: tracking
 * each promise takes an eighth of the CPU time of a run. Errors of a promise that no test awaits are
 * reported for its file. Loaded by `--import`, before the runner.
 */
import asyncHooks from 'node:async_hooks'

const { createHook } = asyncHooks
asyncHooks.createHook = (callbacks) => createHook({ ...callbacks, trackPromises: false })

import { flushCompileCache } from 'node:module'
import { constants } from 'node:os'
import { loadDevelopmentKeys } from '../config/development-keys.ts'
import { findUnknownSettings, readSettings } from '../config/read-settings.ts'
import type { Settings } from '../config/settings.ts'
import { version } from '../config/version.ts'
import { OperatorError } from '../lib/operator-error.ts'
import { startServer } from '../server.ts'
import { defineCommand } from './command.ts'

export default defineCommand({
  description: 'run the service',
  arguments: [],
  options: {},
  optionsHelp: {},
  run: () => serve(readSettings(process.env)),
})

async function serve(settings: Settings): Promise<void> {
  for (const name of findUnknownSettings(process.env)) {
    console.warn(
      `${name} is not a setting of this version. “latchkey settings” lists all settings.`,
    )
  }
  const encryptionKeys = settings.encryptionKeys ?? loadDevelopmentKeys(settings.databaseUrl)
  // From the beginning on: without a listener, a signal would end a migration or a request in its midst.
  stopOnSignal(async () => (await starting.catch(() => undefined))?.close())
  const starting = startServer({ ...settings, encryptionKeys })
  await starting.catch((error) => {
    throw explainListenError(error)
  })
  if (settings.mode === 'development') console.log(startupMessage(settings))
  // Not only when the process ends: it may be killed, or end with a crash.
  flushCompileCache()
}

/** Stops the service and exits with 0 at the first signal; a second one ends the process at once. */
function stopOnSignal(close: () => Promise<unknown>): void {
  let firstSignalAt: number | undefined
  const stop = async (signal: NodeJS.Signals) => {
    if (firstSignalAt !== undefined) {
      if (performance.now() - firstSignalAt < duplicateSignalMs) return
      process.exit(128 + constants.signals[signal])
    }
    firstSignalAt = performance.now()
    await close()
    process.exit(0)
  }
  process.on('SIGINT', stop).on('SIGTERM', stop)
  stopWithNpm(() => stop('SIGTERM'))
}

/** The launcher forwards a signal that this process has received already: it arrives this soon. */
const duplicateSignalMs = 1000

/** npm does not forward SIGTERM: it ends the shell that started this process, which would go on. */
function stopWithNpm(stop: () => void): void {
  if (process.env.npm_lifecycle_event === undefined) return
  const parent = process.ppid
  const timer = setInterval(() => {
    if (process.ppid === parent) return
    clearInterval(timer)
    stop()
  }, 500)
  timer.unref()
}

function startupMessage({ publicUrl, smtpUrl, smsUrl }: Settings): string {
  const inbox = smtpUrl && smsUrl ? [] : [`  Dev inbox   ${publicUrl}/dev/inbox`]
  const captured = [...(smtpUrl ? [] : ['emails']), ...(smsUrl ? [] : ['text messages'])].join(
    ' and ',
  )
  return [
    `Latchkey ${version} is ready.`,
    '',
    `  Start here  ${publicUrl}`,
    `  Reference   ${publicUrl}/docs`,
    ...inbox,
    '',
    captured
      ? `Development mode: the dev inbox captures ${captured}; none are sent. Press Ctrl-C to stop.`
      : 'Development mode. Press Ctrl-C to stop.',
    '',
  ].join('\n')
}

/** Turns a failure to listen into an OperatorError with advice. */
function explainListenError(
  error: NodeJS.ErrnoException & { port?: number; address?: string },
): unknown {
  const { code, port, address, syscall, hostname } = error as typeof error & { hostname?: string }
  if (code === 'EADDRINUSE') {
    return new OperatorError(
      `Port ${port} of ${address} is in use by another program. Stop it, or set LATCHKEY_PORT to another port.`,
      { cause: error },
    )
  }
  if (syscall === 'listen' || syscall === 'getaddrinfo') {
    return new OperatorError(
      `Latchkey can’t listen on ${address ? `${address}, port ${port}` : hostname} (${code}). Set LATCHKEY_HOST to an address of this machine and LATCHKEY_PORT to a port that this user may use.`,
      { cause: error },
    )
  }
  return error
}

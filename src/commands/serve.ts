import { constants } from 'node:os'
import { developmentKeys } from '../development-keys.ts'
import { CannotStart } from '../lib/cannot-start.ts'
import { readSettings, unknownSettings } from '../read-settings.ts'
import { startServer } from '../server.ts'
import type { Settings } from '../settings.ts'
import { version } from '../version.ts'
import { command } from './command.ts'

export default command({
  does: 'run the service',
  takes: [],
  options: {},
  optionsHelp: {},
  run: () => serve(readSettings(process.env)),
})

async function serve(settings: Settings): Promise<void> {
  for (const name of unknownSettings(process.env)) {
    console.warn(`${name} is not a setting of this version. “latchkey settings” lists them all.`)
  }
  const encryptionKeys = settings.encryptionKeys ?? developmentKeys(settings.databaseUrl)
  const latchkey = await startServer({ ...settings, encryptionKeys }).catch((error) => {
    throw explain(error)
  })
  if (settings.mode === 'development') console.log(welcome(settings))

  let askedAt: number | undefined
  const stop = async (signal: NodeJS.Signals) => {
    if (askedAt !== undefined) {
      if (performance.now() - askedAt < sameSignalMs) return
      process.exit(128 + constants.signals[signal])
    }
    askedAt = performance.now()
    await latchkey.close()
    process.exit(0)
  }
  process.on('SIGINT', stop).on('SIGTERM', stop)
  stopWithNpm(() => stop('SIGTERM'))
}

/** The launcher passes signals on that reached us already: what comes so soon is the same one. */
const sameSignalMs = 1000

/** npm passes no SIGTERM on: only the shell between it and us ends, and we would go on unseen. */
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

function welcome({ publicUrl, smtpUrl, smsUrl }: Settings): string {
  const inbox = smtpUrl && smsUrl ? [] : [`  Dev inbox   ${publicUrl}/dev/inbox`]
  const kept = [...(smtpUrl ? [] : ['mail']), ...(smsUrl ? [] : ['texts'])].join(' and ')
  return [
    `Latchkey ${version} is ready.`,
    '',
    `  Start here  ${publicUrl}`,
    `  Reference   ${publicUrl}/docs`,
    ...inbox,
    '',
    kept
      ? `This is development: ${kept} stay in the dev inbox, nothing is sent. Ctrl-C ends it.`
      : 'This is development. Ctrl-C ends it.',
    '',
  ].join('\n')
}

/** For an address that can't be listened on, a sentence that tells what to do. */
function explain(error: NodeJS.ErrnoException & { port?: number; address?: string }): unknown {
  const { code, port, address, syscall, hostname } = error as typeof error & { hostname?: string }
  if (code === 'EADDRINUSE') {
    return new CannotStart(
      `Port ${port} of ${address} is taken by another program. Stop that one, or set LATCHKEY_PORT to another port.`,
      { cause: error },
    )
  }
  if (syscall === 'listen' || syscall === 'getaddrinfo') {
    return new CannotStart(
      `It can’t listen on ${address ? `${address}, port ${port}` : hostname} (${code}). Set LATCHKEY_HOST and LATCHKEY_PORT to what this machine has and this user may use.`,
      { cause: error },
    )
  }
  return error
}

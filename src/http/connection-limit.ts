import { readFileSync } from 'node:fs'
import type { Server } from 'node:http'
import { minute, now } from '../lib/clock.ts'
import type { Log } from '../lib/log.ts'

/** Descriptors that are left to the database, files, mail servers and other recipients. */
const reservedDescriptors = 64

/**
 * Refuses connections before the process runs out of file descriptors, which the database needs as
 * well, and logs that, once a minute at most.
 */
export function limitConnections(server: Server, log: Log): void {
  const limit = readDescriptorLimit()
  if (limit === undefined) return
  server.maxConnections = limit - reservedDescriptors

  let refused = 0
  let loggedAt = 0
  server.on('drop', () => {
    refused += 1
    if (now() - loggedAt < minute) return
    log.error(
      { refused, limit },
      'connections refused: raise the limit of open files (LimitNOFILE of systemd, --ulimit nofile of Docker, ulimit -n)',
    )
    loggedAt = now()
    refused = 0
  })
}

/** The limit of this process; undefined if there is none, or elsewhere than on Linux. */
function readDescriptorLimit(): number | undefined {
  try {
    const limits = readFileSync('/proc/self/limits', 'utf8')
    const [, soft] = /^Max open files +(\d+) /m.exec(limits) ?? []
    return soft === undefined ? undefined : Number(soft)
  } catch {
    return undefined
  }
}

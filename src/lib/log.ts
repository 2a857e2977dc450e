import pino, { type DestinationStream, type Logger } from 'pino'

export type Log = Logger

/** @param stream the destination of log lines; standard output by default */
export function createLog(level: string, stream?: DestinationStream): Log {
  const destination = stream ?? (process.stdout.isTTY ? terminal : pino.destination(1))
  return pino(
    {
      level,
      base: null,
      // An allowlist: other properties of an error may hold anything, secrets included.
      serializers: {
        err: ({ name, message, code, stack }: Error & { code?: unknown }) => ({
          name,
          message,
          code,
          stack,
        }),
        req: () => undefined,
        res: () => undefined,
      },
      // Defence in depth: callers never pass secrets to the log.
      redact: [
        'password',
        'token',
        'accessToken',
        'refreshToken',
        'mfaToken',
        '*.password',
        '*.token',
      ],
    },
    destination,
  )
}

/** Human-readable lines: `09:00:00 POST /auth/SignIn 200 12 ms`. */
const terminal: DestinationStream = {
  write(line) {
    const { time, level, msg, method, route, status, ms, reqId, err, ...rest } = JSON.parse(line)
    const clock = new Date(time).toTimeString().slice(0, 8)
    const summary = msg === 'request' ? `${method} ${route} ${status} ${Math.round(ms)} ms` : msg
    const more = Object.entries(rest).map(([name, value]) => `${name}=${JSON.stringify(value)}`)
    process.stdout.write(
      `${[clock, level >= 50 ? `ERROR ${summary}` : summary, ...more].join(' ')}\n`,
    )
    if (err) process.stdout.write(`${err.stack}\n`)
  },
}

import pino, { type DestinationStream, type Logger } from 'pino'

export type Log = Logger

/** @param stream where lines go: standard output if left out */
export function createLog(level: string, stream?: DestinationStream): Log {
  const destination = stream ?? (process.stdout.isTTY ? terminal : pino.destination(1))
  return pino(
    {
      level,
      base: null,
      // Chosen fields of an error, for what else hangs on one may be anything.
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
      // A second net. The first is that no secret is handed to the log.
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

/** Lines for people: `09:00:00 POST /auth/SignIn 200 12 ms`. */
const terminal: DestinationStream = {
  write(line) {
    const { time, level, msg, method, route, status, ms, reqId, err, ...rest } = JSON.parse(line)
    const clock = new Date(time).toTimeString().slice(0, 8)
    const what = msg === 'request' ? `${method} ${route} ${status} ${Math.round(ms)} ms` : msg
    const more = Object.entries(rest).map(([name, value]) => `${name}=${JSON.stringify(value)}`)
    process.stdout.write(`${[clock, level >= 50 ? `ERROR ${what}` : what, ...more].join(' ')}\n`)
    if (err) process.stdout.write(`${err.stack}\n`)
  },
}

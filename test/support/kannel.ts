import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { connect, type Socket } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { TestContext } from 'node:test'
import { setTimeout } from 'node:timers/promises'
import { stopChild } from './process.ts'
import { findFreePorts } from './tcp.ts'
import { requireWorking } from './tool.ts'

/** A text message as the phone shows it. */
export interface DeliveredSms {
  from: string
  to: string
  text: string
  /** Whether it is in UCS-2, 70 characters per SMS, instead of 7 bits, 160 per SMS. */
  ucs2: boolean
}

export interface Kannel {
  /** For LATCHKEY_SMS_URL. */
  url: string
  /** All delivered text messages, once there are at least `count`. */
  delivered(count: number): Promise<DeliveredSms[]>
  /** Stops smsbox, which accepts text messages. Accepted ones are not lost. */
  stopSmsbox(): Promise<void>
  startSmsbox(): Promise<void>
}

const user = 'latchkey'
const password = 'p&ss=w#rd%+'

/**
 * Starts Kannel with its fake SMS centre, for one test. The phone connects to the centre and reads
 * each text message as a line.
 *
 * @returns undefined without Kannel; the test is skipped, or fails with `CI=true`
 */
export async function startKannel(t: TestContext): Promise<Kannel | undefined> {
  if (
    !(await requireWorking(t, 'bearerbox', '--version')) ||
    !(await requireWorking(t, 'smsbox', '--version'))
  ) {
    return undefined
  }
  const [adminPort, smsboxPort, sendsmsPort, smscPort] = await findFreePorts(4)
  const folder = mkdtempSync(join(tmpdir(), 'latchkey-kannel-'))
  const file = join(folder, 'kannel.conf')
  writeFileSync(
    file,
    `
group = core
admin-port = ${adminPort}
admin-password = "${password}"
smsbox-port = ${smsboxPort}
box-allow-ip = 127.0.0.1

group = smsc
smsc = fake
host = 127.0.0.1
port = ${smscPort}
connect-allow-ip = 127.0.0.1

group = smsbox
bearerbox-host = 127.0.0.1
sendsms-port = ${sendsmsPort}

group = sendsms-user
username = ${user}
password = "${password}"
concatenation = true
max-messages = 4

group = sms-service
keyword = default
text = no
`,
  )

  const startProgram = async (name: string, port: number) => {
    const child = spawn(name, [file], { stdio: 'ignore', cwd: folder })
    ;(await connectWithRetry(port)).destroy()
    return child
  }
  const bearerbox = await startProgram('bearerbox', smsboxPort)
  let smsbox = await startProgram('smsbox', sendsmsPort)
  t.after(async () => {
    await stopChild(smsbox)
    await stopChild(bearerbox)
    rmSync(folder, { recursive: true })
  })

  const phone = await connectWithRetry(smscPort)
  t.after(() => phone.destroy())
  let received = Buffer.alloc(0)
  phone.on('data', (chunk: Buffer) => {
    received = Buffer.concat([received, chunk])
  })
  // Until the centre has registered its phone, it queues text messages.
  await setTimeout(200)

  return {
    url: `kannel+http://${user}:${encodeURIComponent(password)}@127.0.0.1:${sendsmsPort}/cgi-bin/sendsms`,
    async delivered(count) {
      for (const until = Date.now() + 5000; Date.now() < until; await setTimeout(20)) {
        const texts = parseMessages(received.toString())
        if (texts.length >= count) return texts
      }
      throw new Error(`Fewer than ${count} text messages within 5 s: ${received}`)
    },
    stopSmsbox: () => stopChild(smsbox),
    async startSmsbox() {
      smsbox = await startProgram('smsbox', sendsmsPort)
    },
  }
}

/** Parses lines `from to text|ucs-2|udh …`, whose content can contain line breaks. */
function parseMessages(lines: string): DeliveredSms[] {
  const messages: DeliveredSms[] = []
  let parts: Buffer[] = []
  for (const line of lines.split(/\n(?=\S+ \+[0-9]+ (?:text|ucs-2|udh) |$)/)) {
    const [, from, to, kind, content] = /^(\S+) (\+[0-9]+) (text|ucs-2|udh) (.*)$/s.exec(line) ?? []
    if (from === undefined || to === undefined || content === undefined) continue
    if (kind === 'text') messages.push({ from, to, text: content, ucs2: false })
    if (kind === 'ucs-2') messages.push({ from, to, text: fromUcs2(bytesOf(content)), ucs2: true })
    if (kind === 'udh') {
      // A part of a long text message: 05 00 03, the reference, the number of parts, its index.
      const [header = '', data = ''] = content.split(' data ')
      const [, , , , total, index] = bytesOf(header)
      parts.push(bytesOf(data))
      if (index !== total) continue
      const whole = Buffer.concat(parts)
      // UCS-2 has a zero byte in every space; 7-bit text is shown in UTF-8.
      const ucs2 = whole.includes(0)
      messages.push({ from, to, text: ucs2 ? fromUcs2(whole) : whole.toString(), ucs2 })
      parts = []
    }
  }
  return messages
}

function bytesOf(encoded: string): Buffer {
  const latin1 = encoded
    .replaceAll('+', ' ')
    .replace(/%([0-9A-F]{2})/gi, (_, hex: string) => String.fromCharCode(Number.parseInt(hex, 16)))
  return Buffer.from(latin1, 'latin1')
}

function fromUcs2(bytes: Buffer): string {
  return Buffer.from(bytes).swap16().toString('utf16le')
}

async function connectWithRetry(port: number): Promise<Socket> {
  for (const until = Date.now() + 5000; ; await setTimeout(20)) {
    const socket = connect(port, '127.0.0.1')
    try {
      await once(socket, 'connect')
      return socket
    } catch (error) {
      if (Date.now() > until) throw error
    }
  }
}

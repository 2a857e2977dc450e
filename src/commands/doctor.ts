import { existsSync } from 'node:fs'
import { developmentKeys, developmentKeysFile } from '../development-keys.ts'
import { second } from '../lib/clock.ts'
import { parseEmailAddress } from '../lib/email-address.ts'
import type { Settings } from '../settings.ts'
import { type Db, openToLook } from '../store/open.ts'
import { command, exit, WrongUsage } from './command.ts'
import { checkAddress, checkOnline, checkProxy } from './doctor/address.ts'
import { checkDatabase, checkMigrations, noDatabase } from './doctor/database.ts'
import { type Finding, fail, run } from './doctor/finding.ts'
import { checkKeys } from './doctor/keys.ts'
import { checkDisk, checkNode } from './doctor/machine.ts'
import { checkMail, checkTexts } from './doctor/messages.ts'
import { checkSettings } from './doctor/settings.ts'

/** Looks at everything that the service leans on. It writes nothing and sends nothing. */
export default command({
  does: 'look whether everything is as it should be; it changes nothing',
  takes: [],
  options: { 'mail-to': { type: 'string' }, online: { type: 'boolean' } },
  optionsHelp: {
    'mail-to': 'whom a mail could go to, if not our own sender; none is sent',
    online: 'look whether the public URL leads to a running service on this database',
  },
  async run({ values }) {
    const mailTo = values['mail-to']
    if (mailTo !== undefined && !parseEmailAddress(mailTo)) {
      throw new WrongUsage('--mail-to must be one email address.')
    }
    const { settings, findings } = checkSettings(process.env)
    findings.push(checkNode())
    if (settings) {
      const all = [
        ofDatabase(settings, values.online ?? false),
        run('mail', () => checkMail(settings, mailTo), 'Look at LATCHKEY_SMTP_URL.'),
        run('texts', () => checkTexts(settings), 'Look at LATCHKEY_SMS_URL.'),
        run('address', () => checkAddress(settings), 'Look at LATCHKEY_PUBLIC_URL and the DNS.'),
      ]
      findings.push(...(await Promise.all(all)).flat(), checkProxy(settings))
    }
    // What still hangs when everything has been said keeps nobody waiting.
    setTimeout(() => process.exit(), second).unref()
    return { ok: !findings.some(({ status }) => status === 'fail'), findings }
  },
  show({ findings }) {
    const width = Math.max(...findings.map(({ part }) => part.length))
    return findings
      .map(({ part, status, what, todo }) => {
        const line = `${status.padEnd(4)}  ${part.padEnd(width)}  ${what}`
        return todo === undefined ? line : `${line}\n${' '.repeat(width + 8)}${todo}`
      })
      .join('\n')
  },
  exitCode: ({ ok }) => (ok ? 0 : exit.failed),
})

const lookAtUrl = 'Look at LATCHKEY_DATABASE_URL.'

async function ofDatabase(settings: Settings, online: boolean): Promise<Finding[]> {
  const { databaseUrl } = settings
  let db: Db | undefined
  const [opened] = await run(
    'database',
    async () => {
      db = openToLook(databaseUrl)
      return db ? [] : noDatabase(databaseUrl)
    },
    lookAtUrl,
  )
  if (!db) return opened ? [opened] : []
  const looked = db
  try {
    const answers = await run('database', () => checkDatabase(looked), lookAtUrl)
    if (answers.some(({ part, status }) => part === 'database' && status === 'fail')) return answers
    const disk = await run('disk', () => checkDisk(databaseUrl), lookAtUrl)
    const migrations = await run(
      'migrations',
      () => checkMigrations(looked, settings.allowNewerSchema),
      lookAtUrl,
    )
    const findings = [...answers, ...disk, ...migrations]
    if (migrations.some(({ status }) => status === 'fail')) return findings
    findings.push(...(await ofKeys(settings, looked)))
    if (online) {
      findings.push(
        ...(await run('online', () => checkOnline(settings.publicUrl, looked), lookAtUrl)),
      )
    }
    return findings
  } finally {
    // Not awaited: a connection that hangs would not let go.
    looked.destroy().catch(() => {})
  }
}

function ofKeys({ encryptionKeys, databaseUrl }: Settings, db: Db): Promise<Finding[]> {
  const todo = 'Look at LATCHKEY_ENCRYPTION_KEYS.'
  return run(
    'keys',
    async () => {
      if (encryptionKeys !== undefined) return checkKeys(db, encryptionKeys)
      const file = developmentKeysFile(databaseUrl)
      // Only read: if it isn’t there it would be made.
      if (existsSync(file)) return checkKeys(db, developmentKeys(databaseUrl))
      return fail(
        'keys',
        `There is no ${file}.`,
        'Put back the one that the database was begun with.',
      )
    },
    todo,
  )
}

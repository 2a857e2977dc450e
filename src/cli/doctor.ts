import { existsSync } from 'node:fs'
import { developmentKeysPath, loadDevelopmentKeys } from '../config/development-keys.ts'
import type { Settings } from '../config/settings.ts'
import { second } from '../lib/clock.ts'
import { parseEmailAddress } from '../lib/email-address.ts'
import { type Db, openReadOnly } from '../store/open.ts'
import { defineCommand, exitCodes, UsageError } from './command.ts'
import { checkDatabase, checkMigrations, missingDatabase } from './doctor/database.ts'
import { type Finding, fail, runCheck } from './doctor/finding.ts'
import { checkKeys } from './doctor/keys.ts'
import { checkDisk, checkNode } from './doctor/machine.ts'
import { checkSms, checkSmtp } from './doctor/notifications.ts'
import { checkOnline, checkProxy, checkPublicUrl } from './doctor/public-url.ts'
import { checkSettings } from './doctor/settings.ts'

/** Looks at everything that the service leans on. It writes nothing and sends nothing. */
export default defineCommand({
  description: 'look whether everything is as it should be; it changes nothing',
  arguments: [],
  options: { 'mail-to': { type: 'string' }, online: { type: 'boolean' } },
  optionsHelp: {
    'mail-to': 'whom a mail could go to, if not our own sender; none is sent',
    online: 'look whether the public URL leads to a running service on this database',
  },
  async run({ values }) {
    const mailTo = values['mail-to']
    if (mailTo !== undefined && !parseEmailAddress(mailTo)) {
      throw new UsageError('--mail-to must be one email address.')
    }
    const { settings, findings } = checkSettings(process.env)
    findings.push(checkNode())
    if (settings) {
      const all = [
        checkDatabaseParts(settings, values.online ?? false),
        runCheck('mail', () => checkSmtp(settings, mailTo), 'Look at LATCHKEY_SMTP_URL.'),
        runCheck('texts', () => checkSms(settings), 'Look at LATCHKEY_SMS_URL.'),
        runCheck(
          'address',
          () => checkPublicUrl(settings),
          'Look at LATCHKEY_PUBLIC_URL and the DNS.',
        ),
      ]
      findings.push(...(await Promise.all(all)).flat(), checkProxy(settings))
    }
    // What still hangs when everything has been said keeps nobody waiting.
    setTimeout(() => process.exit(), second).unref()
    return { ok: !findings.some(({ status }) => status === 'fail'), findings }
  },
  format({ findings }) {
    const width = Math.max(...findings.map(({ part }) => part.length))
    return findings
      .map(({ part, status, what, todo }) => {
        const line = `${status.padEnd(4)}  ${part.padEnd(width)}  ${what}`
        return todo === undefined ? line : `${line}\n${' '.repeat(width + 8)}${todo}`
      })
      .join('\n')
  },
  exitCode: ({ ok }) => (ok ? 0 : exitCodes.failed),
})

const urlHint = 'Look at LATCHKEY_DATABASE_URL.'

async function checkDatabaseParts(settings: Settings, online: boolean): Promise<Finding[]> {
  const { databaseUrl } = settings
  let db: Db | undefined
  const [missing] = await runCheck(
    'database',
    async () => {
      db = openReadOnly(databaseUrl)
      return db ? [] : missingDatabase(databaseUrl)
    },
    urlHint,
  )
  if (!db) return missing ? [missing] : []
  const database = db
  try {
    const answers = await runCheck('database', () => checkDatabase(database), urlHint)
    if (answers.some(({ part, status }) => part === 'database' && status === 'fail')) return answers
    const disk = await runCheck('disk', () => checkDisk(databaseUrl), urlHint)
    const migrations = await runCheck(
      'migrations',
      () => checkMigrations(database, settings.allowNewerSchema),
      urlHint,
    )
    const findings = [...answers, ...disk, ...migrations]
    if (migrations.some(({ status }) => status === 'fail')) return findings
    findings.push(...(await checkEncryptionKeys(settings, database)))
    if (online) {
      findings.push(
        ...(await runCheck('online', () => checkOnline(settings.publicUrl, database), urlHint)),
      )
    }
    return findings
  } finally {
    // Not awaited: a connection that hangs would not let go.
    database.destroy().catch(() => {})
  }
}

function checkEncryptionKeys(
  { encryptionKeys, databaseUrl }: Settings,
  db: Db,
): Promise<Finding[]> {
  const todo = 'Look at LATCHKEY_ENCRYPTION_KEYS.'
  return runCheck(
    'keys',
    async () => {
      if (encryptionKeys !== undefined) return checkKeys(db, encryptionKeys)
      const file = developmentKeysPath(databaseUrl)
      // Only read: if it isn’t there it would be made.
      if (existsSync(file)) return checkKeys(db, loadDevelopmentKeys(databaseUrl))
      return fail(
        'keys',
        `There is no ${file}.`,
        'Put back the one that the database was begun with.',
      )
    },
    todo,
  )
}

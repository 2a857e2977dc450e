import { existsSync } from 'node:fs'
import { developmentKeysPath, loadDevelopmentKeys } from '../config/development-keys.ts'
import type { Settings } from '../config/settings.ts'
import { second } from '../lib/clock.ts'
import { parseEmailAddress } from '../lib/email-address.ts'
import { type Db, openReadOnly } from '../store/open.ts'
import { defineCommand, exitCodes, UsageError } from './command.ts'
import {
  checkDatabase,
  checkMigrations,
  checkStatements,
  missingDatabase,
} from './doctor/database.ts'
import { type Finding, fail, runCheck } from './doctor/finding.ts'
import { checkKeys } from './doctor/keys.ts'
import { checkDisk, checkNode } from './doctor/machine.ts'
import { checkSms, checkSmtp } from './doctor/notifications.ts'
import { checkOnline, checkProxy, checkPublicUrl } from './doctor/public-url.ts'
import { checkSettings } from './doctor/settings.ts'

/** Checks everything that the service depends on. It writes nothing and sends no message. */
export default defineCommand({
  description: 'check settings, database, keys, email, SMS and public URL; changes nothing',
  arguments: [],
  options: { 'mail-to': { type: 'string' }, online: { type: 'boolean' } },
  optionsHelp: {
    'mail-to': 'the recipient to check SMTP with instead of the sender; no email is sent',
    online: 'check that the public URL leads to a running service on this database',
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
        runCheck('smtp', () => checkSmtp(settings, mailTo), 'Check LATCHKEY_SMTP_URL.'),
        runCheck('sms', () => checkSms(settings), 'Check LATCHKEY_SMS_URL.'),
        runCheck(
          'public-url',
          () => checkPublicUrl(settings),
          'Check LATCHKEY_PUBLIC_URL and the DNS.',
        ),
      ]
      findings.push(...(await Promise.all(all)).flat(), checkProxy(settings))
    }
    // A connection that still hangs does not delay the end.
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

const urlHint = 'Check LATCHKEY_DATABASE_URL.'

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
    const statements = await runCheck('database', () => checkStatements(settings), urlHint)
    const disk = await runCheck('disk', () => checkDisk(databaseUrl), urlHint)
    const migrations = await runCheck(
      'migrations',
      () => checkMigrations(database, settings.allowNewerSchema),
      urlHint,
    )
    const findings = [...answers, ...statements, ...disk, ...migrations]
    if (migrations.some(({ status }) => status === 'fail')) return findings
    findings.push(...(await checkEncryptionKeys(settings, database)))
    if (online) {
      findings.push(
        ...(await runCheck('online', () => checkOnline(settings.publicUrl, database), urlHint)),
      )
    }
    return findings
  } finally {
    // Not awaited: a connection may hang.
    database.destroy().catch(() => {})
  }
}

function checkEncryptionKeys(
  { encryptionKeys, databaseUrl }: Settings,
  db: Db,
): Promise<Finding[]> {
  const todo = 'Check LATCHKEY_ENCRYPTION_KEYS.'
  return runCheck(
    'keys',
    async () => {
      if (encryptionKeys !== undefined) return checkKeys(db, encryptionKeys)
      const file = developmentKeysPath(databaseUrl)
      // Loading would create a missing file.
      if (existsSync(file)) return checkKeys(db, loadDevelopmentKeys(databaseUrl))
      return fail(
        'keys',
        `${file} is missing.`,
        'Restore the file that was created with the database.',
      )
    },
    todo,
  )
}

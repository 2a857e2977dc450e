import type { Settings } from '../../config/settings.ts'
import { probeSms } from '../../notifications/sms-probe.ts'
import { probeSmtp, type SmtpProbeResult } from '../../notifications/smtp-probe.ts'
import { maxSmsToUnverified } from '../../rate-limits/limits.ts'
import { type Finding, fail, ok, warn } from './finding.ts'

const todoByStep: Record<(SmtpProbeResult & { accepted: false })['step'], string> = {
  connect:
    'Check LATCHKEY_SMTP_URL: host, port, and that the server offers the TLS that the URL requires.',
  'sign in': 'Check user and password in LATCHKEY_SMTP_URL.',
  sender: 'Allow LATCHKEY_MAIL_FROM as a sender on the server, or set another sender.',
  recipient: 'Allow Latchkey to relay on the server, or pass another recipient with --mail-to.',
}

/** Checks the SMTP server up to RCPT TO; no email is sent. */
export async function checkSmtp(
  { smtpUrl, mailFrom }: Settings,
  to: string | undefined,
): Promise<Finding> {
  if (!smtpUrl || !mailFrom) return ok('smtp', 'The dev inbox captures emails; none is sent.')
  const { host } = new URL(smtpUrl)
  const probe = await probeSmtp({ smtpUrl, from: mailFrom, to })
  if (!probe.accepted) {
    return fail('smtp', `${host} (${probe.step}): ${probe.message}`, todoByStep[probe.step])
  }
  const how = probe.encrypted ? 'over TLS' : 'without TLS'
  return ok('smtp', `${host} accepts mail to ${probe.to}, ${how}. None was sent.`)
}

/** Checks that the SMS provider is reachable; no text message is sent. */
export async function checkSms(settings: Settings): Promise<Finding> {
  const { smsUrl, smsDailyCap, mfaMethods, mode } = settings
  if (!smsUrl) {
    return ok(
      'sms',
      mode === 'production'
        ? 'SMS is not offered.'
        : 'The dev inbox captures text messages; none is sent.',
    )
  }
  const { reachable, authenticated, message } = await probeSms(smsUrl)
  if (!reachable) return fail('sms', message, 'Check host and port of LATCHKEY_SMS_URL.')
  if (authenticated === false)
    return fail('sms', message, 'Check SID and token in LATCHKEY_SMS_URL.')
  if (!mfaMethods.includes('sms')) {
    const todo = 'Remove LATCHKEY_SMS_URL, or add sms to LATCHKEY_MFA_METHODS.'
    return warn('sms', `${message} But LATCHKEY_MFA_METHODS does not include sms.`, todo)
  }
  const cap = `LATCHKEY_SMS_DAILY_CAP allows ${smsDailyCap} a day, ${maxSmsToUnverified(smsDailyCap)} of them to unverified numbers.`
  return ok('sms', `${message} No text message was sent. ${cap}`)
}

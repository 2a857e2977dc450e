import type { Settings } from '../../config/settings.ts'
import { probeSms } from '../../notifications/sms-probe.ts'
import { probeSmtp, type SmtpProbeResult } from '../../notifications/smtp-probe.ts'
import { type Finding, fail, ok, warn } from './finding.ts'

const todoByStep: Record<(SmtpProbeResult & { accepted: false })['step'], string> = {
  connect:
    'Look at LATCHKEY_SMTP_URL: host, port, and whether the server offers the TLS that it asks for.',
  'sign in': 'Look at user and password in LATCHKEY_SMTP_URL.',
  sender: 'Have the server take mail from LATCHKEY_MAIL_FROM, or give another sender.',
  recipient:
    'Give an address that should get mail with --mail-to, or have the server relay for us.',
}

/** A conversation with the mail server up to the recipient; no mail is sent. */
export async function checkSmtp(
  { smtpUrl, mailFrom }: Settings,
  to: string | undefined,
): Promise<Finding> {
  if (!smtpUrl || !mailFrom) return ok('mail', 'Mail stays in the dev inbox; nothing is sent.')
  const { host } = new URL(smtpUrl)
  const probe = await probeSmtp({ smtpUrl, from: mailFrom, to })
  if (!probe.accepted) {
    return fail('mail', `${host} (${probe.step}): ${probe.message}`, todoByStep[probe.step])
  }
  const how = probe.encrypted ? 'over TLS' : 'without TLS'
  return ok('mail', `${host} takes mail to ${probe.to}, ${how}. None was sent.`)
}

/** Whether the SMS provider is there; no text is sent. */
export async function checkSms({ smsUrl, mfaMethods, mode }: Settings): Promise<Finding> {
  if (!smsUrl) {
    return ok(
      'texts',
      mode === 'production' ? 'None are offered.' : 'Texts stay in the dev inbox; nothing is sent.',
    )
  }
  const { reachable, authenticated, message } = await probeSms(smsUrl)
  if (!reachable) return fail('texts', message, 'Look at host and port of LATCHKEY_SMS_URL.')
  if (authenticated === false)
    return fail('texts', message, 'Look at SID and token in LATCHKEY_SMS_URL.')
  if (!mfaMethods.includes('sms')) {
    const todo = 'Take LATCHKEY_SMS_URL away, or add sms to LATCHKEY_MFA_METHODS.'
    return warn('texts', `${message} But nobody may choose texts.`, todo)
  }
  return ok('texts', `${message} None was sent.`)
}

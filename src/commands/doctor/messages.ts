import { lookAtMail, type MailLook } from '../../messages/mail-look.ts'
import { lookAtSms } from '../../messages/sms-look.ts'
import type { Settings } from '../../settings.ts'
import { type Finding, fail, ok, warn } from './finding.ts'

const todoAt: Record<(MailLook & { taken: false })['step'], string> = {
  connect:
    'Look at LATCHKEY_SMTP_URL: host, port, and whether the server offers the TLS that it asks for.',
  'sign in': 'Look at user and password in LATCHKEY_SMTP_URL.',
  sender: 'Have the server take mail from LATCHKEY_MAIL_FROM, or give another sender.',
  recipient:
    'Give an address that should get mail with --mail-to, or have the server relay for us.',
}

/** A conversation with the mail server up to the recipient; no mail is sent. */
export async function checkMail(
  { smtpUrl, mailFrom }: Settings,
  to: string | undefined,
): Promise<Finding> {
  if (!smtpUrl || !mailFrom) return ok('mail', 'Mail stays in the dev inbox; nothing is sent.')
  const { host } = new URL(smtpUrl)
  const look = await lookAtMail({ smtpUrl, from: mailFrom, to })
  if (!look.taken) {
    return fail('mail', `${host} (${look.step}): ${look.said}`, todoAt[look.step])
  }
  const how = look.encrypted ? 'over TLS' : 'without TLS'
  return ok('mail', `${host} takes mail to ${look.to}, ${how}. None was sent.`)
}

/** Whether the SMS provider is there; no text is sent. */
export async function checkTexts({ smsUrl, mfaMethods, mode }: Settings): Promise<Finding> {
  if (!smsUrl) {
    return ok(
      'texts',
      mode === 'production' ? 'None are offered.' : 'Texts stay in the dev inbox; nothing is sent.',
    )
  }
  const { reached, signedIn, what } = await lookAtSms(smsUrl)
  if (!reached) return fail('texts', what, 'Look at host and port of LATCHKEY_SMS_URL.')
  if (signedIn === false) return fail('texts', what, 'Look at SID and token in LATCHKEY_SMS_URL.')
  if (!mfaMethods.includes('sms')) {
    const todo = 'Take LATCHKEY_SMS_URL away, or add sms to LATCHKEY_MFA_METHODS.'
    return warn('texts', `${what} But nobody may choose texts.`, todo)
  }
  return ok('texts', `${what} None was sent.`)
}

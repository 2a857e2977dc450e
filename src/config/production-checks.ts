import { isLoopback } from '../lib/loopback.ts'
import type { Setting } from './setting.ts'
import type { Settings } from './settings.ts'

/** What is wrong, and the setting to change. */
export interface SettingProblem {
  name: Setting<unknown>['name']
  sentence: string
}

/** What may not be in production. */
export function findUnsafeSettings(settings: Settings): SettingProblem[] {
  const problems: SettingProblem[] = []
  if (!settings.publicUrl.startsWith('https://')) {
    problems.push({
      name: 'LATCHKEY_PUBLIC_URL',
      sentence: `LATCHKEY_PUBLIC_URL is “${settings.publicUrl}”. In production it must begin with https://.`,
    })
  }
  if (!settings.encryptionKeys) {
    problems.push({
      name: 'LATCHKEY_ENCRYPTION_KEYS',
      sentence:
        'LATCHKEY_ENCRYPTION_KEYS is missing. In production, give a key of your own: id:base64 of 32 random bytes, for example from `echo "k1:$(openssl rand -base64 32)"`.',
    })
  }
  if (!settings.smtpUrl) {
    problems.push({
      name: 'LATCHKEY_SMTP_URL',
      sentence:
        'LATCHKEY_SMTP_URL is missing. In production, signing up and telling owners what happens to their accounts need a mail server.',
    })
  }
  if (settings.mfaMethods?.includes('sms') && !settings.smsUrl) {
    problems.push({
      name: 'LATCHKEY_SMS_URL',
      sentence:
        'LATCHKEY_SMS_URL is missing. Give one, or leave sms out: LATCHKEY_MFA_METHODS=passkey,authenticator,email.',
    })
  }
  if (settings.webhookUrl && isUnencrypted(settings.webhookUrl)) {
    problems.push({
      name: 'LATCHKEY_WEBHOOK_URL',
      sentence:
        'LATCHKEY_WEBHOOK_URL begins with http://. In production it must begin with https://, or lead to this machine: http://localhost….',
    })
  }
  if (settings.rateLimits === 'off') {
    problems.push({
      name: 'LATCHKEY_RATE_LIMITS',
      sentence: 'LATCHKEY_RATE_LIMITS is “off”. In production it must be on.',
    })
  }
  const unencrypted = settings.allowedOrigins.filter((origin) => isUnencrypted(origin))
  if (unencrypted.length > 0) {
    problems.push({
      name: 'LATCHKEY_ALLOWED_ORIGINS',
      sentence: `LATCHKEY_ALLOWED_ORIGINS has ${unencrypted.join(', ')}. In production they must begin with https://: whoever can change such a page on its way could take over its people’s sessions.`,
    })
  }
  return problems
}

/**
 * What is allowed in production and may well be meant so, on a network of one’s own, but had better
 * be known: a sentence each.
 */
export function findRiskySettings(settings: Settings): string[] {
  const { host, trustProxy, metricsPort, metricsToken, smtpUrl = '', smsUrl = '' } = settings
  const warnings: string[] = []
  if (trustProxy.length === 0) {
    warnings.push(
      'LATCHKEY_TRUST_PROXY is off: everyone behind your TLS proxy counts as one network, and limits meant for one stop them all.',
    )
  }
  if (metricsPort !== undefined && metricsToken === undefined && !isLoopback(bracketIpv6(host))) {
    warnings.push(
      'LATCHKEY_METRICS_PORT asks for no token, and LATCHKEY_HOST is open to other machines: keep strangers from it, or give LATCHKEY_METRICS_TOKEN.',
    )
  }
  if (smtpUrl.endsWith('?tls=off') && isUnencrypted(smtpUrl)) {
    warnings.push('LATCHKEY_SMTP_URL says tls=off: codes cross the network to it in clear.')
  }
  if (isUnencrypted(smsUrl.replace(/^kannel\+/, ''))) {
    warnings.push('LATCHKEY_SMS_URL is plain http: codes cross the network to it in clear.')
  }
  return warnings
}

/** Whether what is sent there leaves this machine without TLS. */
function isUnencrypted(url: string): boolean {
  const parsed = URL.parse(url)
  return parsed !== null && /^(http|smtp):$/.test(parsed.protocol) && !isLoopback(parsed.hostname)
}

const bracketIpv6 = (host: string) => (host.includes(':') ? `[${host}]` : host)

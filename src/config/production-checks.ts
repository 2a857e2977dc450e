import { isLoopback } from '../lib/loopback.ts'
import type { Setting } from './setting.ts'
import type { Settings } from './settings.ts'

/** An invalid setting. */
export interface SettingProblem {
  name: Setting<unknown>['name']
  sentence: string
}

/** Settings that production does not allow. */
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
        'LATCHKEY_ENCRYPTION_KEYS is missing. In production, set your own key: id:base64 of 32 random bytes, for example from `echo "k1:$(openssl rand -base64 32)"`.',
    })
  }
  if (!settings.smtpUrl) {
    problems.push({
      name: 'LATCHKEY_SMTP_URL',
      sentence:
        'LATCHKEY_SMTP_URL is missing. In production, sign-up and security notices need a mail server.',
    })
  }
  if (settings.mfaMethods?.includes('sms') && !settings.smsUrl) {
    problems.push({
      name: 'LATCHKEY_SMS_URL',
      sentence:
        'LATCHKEY_SMS_URL is missing. Set it, or offer no sms: LATCHKEY_MFA_METHODS=passkey,authenticator,email.',
    })
  }
  if (settings.webhookUrl && isUnencrypted(settings.webhookUrl)) {
    problems.push({
      name: 'LATCHKEY_WEBHOOK_URL',
      sentence:
        'LATCHKEY_WEBHOOK_URL begins with http://. In production it must begin with https://, or point to this machine: http://localhost….',
    })
  }
  if (settings.trustProxy === undefined) {
    problems.push({
      name: 'LATCHKEY_TRUST_PROXY',
      sentence:
        'LATCHKEY_TRUST_PROXY is missing. Set it to the address of the TLS proxy, 127.0.0.1 if it is on this machine, or to off if clients connect directly: rate limits count clients by it.',
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
      sentence: `LATCHKEY_ALLOWED_ORIGINS has ${unencrypted.join(', ')}. In production they must begin with https://: an attacker who can alter such a page in transit could take over its users’ sessions.`,
    })
  }
  return problems
}

/**
 * Settings that production allows but that are risky outside a private network, as warnings.
 */
export function findRiskySettings(settings: Settings): string[] {
  const { host, metricsPort, metricsToken, smtpUrl = '', smsUrl = '' } = settings
  const warnings: string[] = []
  if (isProxyLikely(settings)) {
    warnings.push(
      'LATCHKEY_TRUST_PROXY is off, and LATCHKEY_HOST accepts this machine alone: clients of a TLS proxy count as one network and share its rate limits.',
    )
  }
  if (metricsPort !== undefined && metricsToken === undefined && !isLoopback(bracketIpv6(host))) {
    warnings.push(
      'LATCHKEY_METRICS_PORT requires no token, and LATCHKEY_HOST accepts other machines: restrict access to it, or set LATCHKEY_METRICS_TOKEN.',
    )
  }
  if (smtpUrl.endsWith('?tls=off') && isUnencrypted(smtpUrl)) {
    warnings.push('LATCHKEY_SMTP_URL has tls=off: codes are sent over the network unencrypted.')
  }
  if (isUnencrypted(smsUrl.replace(/^kannel\+/, ''))) {
    warnings.push('LATCHKEY_SMS_URL is plain http: codes are sent over the network unencrypted.')
  }
  return warnings
}

/** Whether clients probably come through a proxy that is not trusted: only this machine connects. */
export function isProxyLikely({ host, trustProxy = [] }: Settings): boolean {
  return trustProxy.length === 0 && isLoopback(bracketIpv6(host))
}

/** Whether traffic to the URL leaves this machine without TLS. */
function isUnencrypted(url: string): boolean {
  const parsed = URL.parse(url)
  return parsed !== null && /^(http|smtp):$/.test(parsed.protocol) && !isLoopback(parsed.hostname)
}

const bracketIpv6 = (host: string) => (host.includes(':') ? `[${host}]` : host)

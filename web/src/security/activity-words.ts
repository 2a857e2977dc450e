import type { ActivityEntry } from '../../../client/latchkey.ts'
import { listOf, words } from './words.ts'

const {
  types,
  shown,
  undone: changes,
  wrong,
  ended,
  signedInWith,
  byOperator,
  why,
} = words.activity

type Detail = ActivityEntry['detail']

/** What happened, in a sentence; a type that we don't know, as it is. */
export function sentenceOf({ type, detail }: Pick<ActivityEntry, 'type' | 'detail'>): string {
  const own = sentences[type]?.(detail)
  const operators = byOperator[type as keyof typeof byOperator]
  const sentence = (detail.by === undefined ? (own ?? operators) : (operators ?? own)) ?? type
  return typeof detail.why === 'string' ? `${sentence} ${why(detail.why)}` : sentence
}

const method = (detail: Detail) =>
  words.methods[detail.mfaMethod as keyof typeof words.methods] ?? String(detail.mfaMethod)

const passkey = (detail: Detail) => String(detail.passkey ?? '')

const sentences: Record<string, (detail: Detail) => string> = {
  'account.created': ({ imported }) =>
    imported ? types['account.createdByImport'] : types['account.created'],
  'account.deleted': () => types['account.deleted'],
  'account.erased': () => types['account.erased'],
  'signin.succeeded': ({ amr }) => signedInWith(listOf(shownBy(String(amr ?? '')))),
  'signin.failed': ({ step }) => wrong[step as keyof typeof wrong] ?? wrong.password,
  'session.ended': ({ reason, which }) => endedBy(String(reason), String(which)),
  'mfa.on': (detail) => types['mfa.on'](method(detail)),
  'mfa.off': () => types['mfa.off'],
  'mfa.method_added': (detail) => types['mfa.method_added'](method(detail)),
  'mfa.method_changed': (detail) => types['mfa.method_changed'](method(detail)),
  'mfa.method_removed': (detail) => types['mfa.method_removed'](method(detail)),
  'passkey.added': (detail) => types['passkey.added'](passkey(detail)),
  'passkey.renamed': (detail) => types['passkey.renamed'](passkey(detail)),
  'passkey.removed': (detail) => types['passkey.removed'](passkey(detail)),
  'passkey.refused': (detail) => types['passkey.refused'](passkey(detail)),
  'recovery_codes.generated': () => types['recovery_codes.generated'],
  'recovery_code.used': ({ remaining }) => types['recovery_code.used'](Number(remaining)),
  'password.changed': () => types['password.changed'],
  'password.reset': () => types['password.reset'],
  'email.changed': () => types['email.changed'],
  'phone.changed': () => types['phone.changed'],
  'language.changed': () => types['language.changed'],
  'device.trusted': () => types['device.trusted'],
  'device.revoked': ({ which }) =>
    which === 'all' ? types['device.revokedAll'] : types['device.revokedOne'],
  'change.undone': ({ undone }) =>
    types['change.undone'](changes[undone as keyof typeof changes] ?? String(undone)),
}

/** What was shown, by its names of RFC 8176; two of them say no more than the others do. */
function shownBy(amr: string): string[] {
  const names = amr.split(' ').filter((name) => name !== 'user' && name !== 'mfa')
  return names.map((name) => shown[name as keyof typeof shown] ?? name)
}

function endedBy(reason: string, which: string): string {
  if (reason === 'signed_out' || reason === 'refresh_token_reused') return ended[reason]
  return which === 'others' ? ended.others : ended.one
}

import type { ActivityEntry } from '../../../client/latchkey.ts'
import { changeName } from '../text.ts'
import { listOf, t } from './i18n.ts'

const {
  types,
  amr: amrNames,
  failed: failedSteps,
  ended: sessionEnds,
  signedInWith,
  byOperator,
  reason: operatorReason,
} = t.activity

type Detail = ActivityEntry['detail']

/** A sentence for an activity entry; for an unknown type, the type. */
export function sentenceOf({ type, detail }: Pick<ActivityEntry, 'type' | 'detail'>): string {
  const ownerSentence = sentences[type]?.(detail)
  const operatorSentence = byOperator[type as keyof typeof byOperator]
  // An invitation names the operator, but its owner accepts it.
  const byOwner = detail.by === undefined || detail.invitation !== undefined
  const sentence =
    (byOwner ? (ownerSentence ?? operatorSentence) : (operatorSentence ?? ownerSentence)) ?? type
  return typeof detail.why === 'string' ? `${sentence} ${operatorReason(detail.why)}` : sentence
}

const methodName = (detail: Detail) =>
  t.methods[detail.mfaMethod as keyof typeof t.methods] ?? String(detail.mfaMethod)

const passkeyName = (detail: Detail) => String(detail.passkey ?? '')

const sentences: Record<string, (detail: Detail) => string> = {
  'account.created': ({ imported, invitation }) => {
    if (invitation !== undefined) return types['account.createdByInvitation']
    return imported ? types['account.createdByImport'] : types['account.created']
  },
  'account.deleted': () => types['account.deleted'],
  'account.erased': () => types['account.erased'],
  'signin.succeeded': ({ amr }) => signedInWith(listOf(amrNamesOf(String(amr ?? '')))),
  'signin.failed': ({ step }) =>
    failedSteps[step as keyof typeof failedSteps] ?? failedSteps.password,
  'session.ended': ({ reason, which }) => sessionEndSentence(String(reason), String(which)),
  'mfa.on': (detail) => types['mfa.on'](methodName(detail)),
  'mfa.off': () => types['mfa.off'],
  'mfa.method_added': (detail) => types['mfa.method_added'](methodName(detail)),
  'mfa.method_changed': (detail) => types['mfa.method_changed'](methodName(detail)),
  'mfa.method_removed': (detail) => types['mfa.method_removed'](methodName(detail)),
  'passkey.added': (detail) => types['passkey.added'](passkeyName(detail)),
  'passkey.renamed': (detail) => types['passkey.renamed'](passkeyName(detail)),
  'passkey.removed': (detail) => types['passkey.removed'](passkeyName(detail)),
  'passkey.refused': (detail) => types['passkey.refused'](passkeyName(detail)),
  'recovery_codes.generated': () => types['recovery_codes.generated'],
  'recovery_code.used': ({ remaining }) => types['recovery_code.used'](Number(remaining)),
  'password.changed': () => types['password.changed'],
  'password.reset': () => types['password.reset'],
  'email.changed': () => types['email.changed'],
  'phone.changed': () => types['phone.changed'],
  'language.changed': () => types['language.changed'],
  'profile.changed': () => types['profile.changed'],
  'device.trusted': () => types['device.trusted'],
  'device.revoked': ({ which }) =>
    which === 'all' ? types['device.revokedAll'] : types['device.revokedOne'],
  'app.allowed': ({ name, trusted }) =>
    trusted ? types['app.firstUsed'](String(name)) : types['app.allowed'](String(name)),
  'app.removed': ({ name }) => types['app.removed'](String(name)),
  'change.undone': ({ undone }) => types['change.undone'](changeName(String(undone))),
  'undo.failed': () => types['undo.failed'],
}

/** Names for AMR values (RFC 8176). `user` and `mfa` add nothing to the others. */
function amrNamesOf(amr: string): string[] {
  const values = amr.split(' ').filter((name) => name !== 'user' && name !== 'mfa')
  return values.map((name) => amrNames[name as keyof typeof amrNames] ?? name)
}

function sessionEndSentence(reason: string, which: string): string {
  if (reason === 'signed_out' || reason === 'refresh_token_reused') return sessionEnds[reason]
  return which === 'others' ? sessionEnds.others : sessionEnds.one
}

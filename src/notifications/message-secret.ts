import { sealContext } from '../keys/sealed-columns.ts'
import type { Sealer } from '../store/transaction.ts'

/** A secret that only the recipient may know. */
export interface MessageSecret {
  /**
   * A `decoy` is never shown: it makes enqueueing take as long as with a code. `undoElsewhere` has no
   * value: another message has the undo link.
   */
  kind: 'code' | 'undo' | 'undoElsewhere' | 'invitation' | 'decoy'
  value: string
  /** Milliseconds since 1970. */
  expiresAt: number
}

/** Seals the secret of an outbox row. */
export function sealMessageSecret(
  keyring: Pick<Sealer, 'seal'>,
  id: string,
  secret: MessageSecret | undefined,
): string | null {
  return secret ? keyring.seal(JSON.stringify(secret), sealContext('outbox', id)) : null
}

/** Opens the secret of an outbox row. */
export function openMessageSecret(
  keyring: Pick<Sealer, 'open'>,
  { id, secret_sealed }: { id: string; secret_sealed: string | null },
): MessageSecret | undefined {
  return secret_sealed === null
    ? undefined
    : JSON.parse(keyring.open(secret_sealed, sealContext('outbox', id)))
}

import type { CodeMethod } from './method.ts'
import { acceptSentCode } from './sent-code.ts'

/** A code by email, to the address that was proven for it. */
export const email: CodeMethod = {
  amr: 'email',
  isSetUp: (setUp) => setUp.email !== null,
  destination: ({ email }) => (email === null ? undefined : { channel: 'email', address: email }),
  accept: acceptSentCode,
}

import type { CodeMethod } from './method.ts'
import { acceptSentCode } from './sent-code.ts'

/** A code by text message, to the number that was proven. */
export const sms: CodeMethod = {
  amr: 'sms',
  isSetUp: (setUp) => setUp.phoneNumber !== null,
  destination: ({ phoneNumber }) =>
    phoneNumber === null ? undefined : { channel: 'sms', address: phoneNumber },
  accept: acceptSentCode,
}

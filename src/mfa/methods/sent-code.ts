import { isSentCode } from '../../codes/sent-code.ts'
import type { CodeMethod } from './method.ts'

/** Judges a code that was sent. The challenge it belongs to is the caller's to use up. */
export const acceptSentCode: CodeMethod['accept'] = async (_tx, keys, _setUp, code, sent) =>
  isSentCode(keys, code, sent)

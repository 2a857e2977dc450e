import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import {
  newRecoveryCode,
  normalizeRecoveryCode,
} from '../../../src/mfa/recovery-codes/recovery-code-format.ts'

test('recovery codes contain no ambiguous characters', () => {
  const codes = Array.from({ length: 500 }, newRecoveryCode)
  for (const code of codes) assert.match(code, /^[0-9A-HJKMNP-TV-Z]{4}(-[0-9A-HJKMNP-TV-Z]{4}){2}$/)
  assert.equal(new Set(codes).size, codes.length)
})

test('a recovery code is recognized however it is typed, and a truncated one is not', () => {
  const typist = fc.record({
    small: fc.boolean(),
    hyphens: fc.constantFrom('', ' ', '-', ' - ', '\t'),
    zero: fc.constantFrom('0', 'O', 'o'),
    one: fc.constantFrom('1', 'I', 'l', 'L', 'i'),
  })
  fc.assert(
    fc.property(typist, ({ small, hyphens, zero, one }) => {
      const code = newRecoveryCode()
      const typed = (small ? code.toLowerCase() : code)
        .replaceAll('-', hyphens)
        .replaceAll('0', zero)
        .replaceAll('1', one)
      assert.equal(normalizeRecoveryCode(typed), code.replaceAll('-', ''))
      assert.notEqual(normalizeRecoveryCode(typed.slice(1)), code.replaceAll('-', ''))
    }),
  )
})

import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { mask, maskEmail } from '../../src/lib/mask.ts'

test('a masked address shows its first letter and its domain, but not its length', () => {
  assert.equal(mask('ada@example.com'), 'a•••@example.com')
  assert.equal(mask('ada.lovelace+news@example.com'), 'a•••@example.com')
  fc.assert(
    fc.property(fc.emailAddress(), fc.emailAddress(), (one, other) => {
      const [email, longerLocal] = [one, `${one[0]}${other.slice(0, other.lastIndexOf('@'))}`]
      const domain = one.slice(one.lastIndexOf('@'))
      assert.equal(maskEmail(email), maskEmail(`${longerLocal}${domain}`))
    }),
  )
})

test('a masked number shows its first digit and the last two, but not its length', () => {
  assert.equal(mask('+14155550123'), '+1•••••••23')
  assert.equal(mask('+4930123423'), '+4•••••••23')
})

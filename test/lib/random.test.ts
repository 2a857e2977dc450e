import assert from 'node:assert/strict'
import { test } from 'node:test'
import { newCode, newId, newToken } from '../../src/lib/random.ts'

const repeat = <Value>(count: number, make: () => Value) => Array.from({ length: count }, make)

test('a code is six uniformly distributed digits, including leading zeros', () => {
  const codes = repeat(20_000, newCode)
  for (const code of codes) assert.match(code, /^[0-9]{6}$/)
  for (let place = 0; place < 6; place++) {
    const counts = new Map<string, number>()
    for (const code of codes) {
      const digit = code[place] ?? ''
      counts.set(digit, (counts.get(digit) ?? 0) + 1)
    }
    // Expected 2,000 each, with a standard deviation of 42; ten of those never happen.
    for (const digit of '0123456789') {
      assert.ok(Math.abs((counts.get(digit) ?? 0) - 2000) < 420, `${digit} in place ${place}`)
    }
  }
})

test('tokens are 256 bits in 43 characters and do not repeat', () => {
  const tokens = repeat(2000, newToken)
  for (const token of tokens) assert.match(token, /^[A-Za-z0-9_-]{43}$/)
  assert.equal(new Set(tokens).size, tokens.length)
})

test('ids sort in the order of creation', () => {
  const ids = repeat(2000, newId)
  assert.deepEqual(ids.toSorted(), ids)
  assert.equal(new Set(ids).size, ids.length)
})

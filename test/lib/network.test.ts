import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { networkOf } from '../../src/lib/network.ts'

const group = fc.integer({ min: 0, max: 0xffff })
const groups = fc.array(group, { minLength: 8, maxLength: 8 })

/** The text forms of an IPv6 address (RFC 4291 §2.2). */
function spellings(address: number[]): string[] {
  const plain = address.map((part) => part.toString(16))
  const padded = plain.map((part) => part.padStart(4, '0'))
  const [a = 0, b = 0] = address.slice(6)
  const dotted = [a >> 8, a & 255, b >> 8, b & 255].join('.')
  return [
    plain.join(':'),
    padded.join(':').toUpperCase(),
    [...plain.slice(0, 6), dotted].join(':'),
    `${plain.join(':')}%eth0`,
    compress(plain),
    compress([...plain.slice(0, 6), dotted]),
  ]
}

/** Replaces the first run of zeros with `::`, if there is one. */
function compress(parts: string[]): string {
  const from = parts.indexOf('0')
  if (from < 0) return parts.join(':')
  const after = parts.findIndex((part, i) => i > from && part !== '0')
  const to = after < 0 ? parts.length : after
  return `${parts.slice(0, from).join(':')}::${parts.slice(to).join(':')}`
}

const isMapped = (address: number[]) =>
  address.slice(0, 5).every((part) => part === 0) && address[5] === 0xffff

// Abuse case (Guessing): Every address in one IPv6 household had its own limit.
test('all spellings of all addresses in one /64 are one network', () => {
  const zeros = fc.constantFrom(0, 0, 0, 1, 0xffff)
  const address = fc.oneof(groups, fc.array(zeros, { minLength: 8, maxLength: 8 }))
  fc.assert(
    fc.property(address, groups, (one, other) => {
      const neighbour = [...one.slice(0, 4), ...other.slice(4)]
      fc.pre(!isMapped(one) && !isMapped(neighbour))
      const networks = [one, neighbour].flatMap(spellings).map(networkOf)
      assert.deepEqual(new Set(networks).size, 1, `${spellings(one)}: ${networks}`)
    }),
    { numRuns: 1000 },
  )
})

test('addresses in different /64 prefixes are different networks', () => {
  fc.assert(
    fc.property(groups, groups, (one, other) => {
      fc.pre(one.slice(0, 4).join() !== other.slice(0, 4).join())
      const [first = '', second = ''] = [one, other].map((parts) => compress(parts.map(hex)))
      assert.notEqual(networkOf(first), networkOf(second))
    }),
  )
})

test('an IPv4 address is its own network, also in IPv4-mapped form', () => {
  fc.assert(
    fc.property(fc.ipV4(), (address) => {
      assert.equal(networkOf(address), address)
      assert.equal(networkOf(`::ffff:${address}`), address)
      assert.equal(networkOf(`::FFFF:${address}`), address)
    }),
  )
})

test('an IPv4-mapped address in hexadecimal is the same network', () => {
  assert.equal(networkOf('::ffff:cb00:7107'), '203.0.113.7')
  assert.equal(networkOf('0:0:0:0:0:ffff:cb00:7107'), '203.0.113.7')
})

test('text that is not an address is returned unchanged, without an error', () => {
  fc.assert(
    fc.property(fc.string({ unit: 'binary' }), (text) => typeof networkOf(text) === 'string'),
  )
  for (const text of ['', 'unknown', '::1::2', '1.2.3', '12345::', '::ffff:1.2.3.400']) {
    assert.equal(networkOf(text), text)
  }
})

const hex = (part: number) => part.toString(16)

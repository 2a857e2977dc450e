/** Compares a response with the example on a page. */
import assert from 'node:assert/strict'

/**
 * Fails unless `actual` has the fields of `example` in their order, with equal values. Where values
 * differ from run to run, their format must match. `…` stands for the rest of a string, or for more
 * elements of a list.
 */
export function assertMatchesExample(actual: unknown, example: unknown, where: string): void {
  if (Array.isArray(example)) {
    assert.ok(Array.isArray(actual), `${where} is not a list`)
    const isOpenEnded = example.at(-1) === '…'
    const elements = isOpenEnded ? example.slice(0, -1) : example
    if (isOpenEnded)
      assert.ok(actual.length > elements.length, `${where} has no more elements than the example`)
    else assert.equal(actual.length, elements.length, `${where} has another length`)
    for (const [i, element] of elements.entries()) {
      assertMatchesExample(actual[i], element, `${where}[${i}]`)
    }
  } else if (typeof example === 'object' && example !== null) {
    assert.ok(typeof actual === 'object' && actual !== null, `${where} is not an object`)
    assert.deepEqual(Object.keys(actual), Object.keys(example), `${where} has other fields`)
    for (const [name, value] of Object.entries(example)) {
      assertMatchesExample(Reflect.get(actual, name), value, `${where}.${name}`)
    }
  } else if (typeof example === 'string') {
    assert.equal(typeof actual, 'string', `${where} is not a string`)
    assertTextMatchesExample(String(actual), example, where)
  } else if (typeof example === 'number' && example > 100_000) {
    // A countdown in seconds, which may have begun.
    assert.ok(
      Math.abs(Number(actual) - example) <= 5,
      `${where} is ${actual}, not about ${example}`,
    )
  } else {
    assert.equal(actual, example, where)
  }
}

/** Compares a string with its example, as `assertMatchesExample` does. */
export function assertTextMatchesExample(actual: string, example: string, where: string): void {
  const masked = maskVariableParts(actual)
  if (/^eyJ[\w-]+…$/.test(example)) {
    // A shortened token matches any token.
    assert.equal(masked, '<token>', where)
  } else if (example.endsWith('…')) {
    const prefix = maskVariableParts(example.slice(0, -1))
    assert.equal(masked.slice(0, prefix.length), prefix, where)
  } else {
    assert.equal(masked, maskVariableParts(example), where)
  }
}

/** Replaces everything that differs from run to run. */
export function maskVariableParts(text: string): string {
  return text
    .replace(/\beyJ[\w-]+\.[\w-]+\.[\w-]+/g, '<token>')
    .replace(/\b[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}\b/g, '<id>')
    .replace(/\b\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z/g, '<time>')
    .replace(/^[\w-]{43}$/, '<secret>')
    .replace(/\b[A-Z2-7]{32}\b/g, '<secret in base 32>')
    .replace(/\b[0-9A-HJKMNP-TV-Z]{4}(-[0-9A-HJKMNP-TV-Z]{4}){2}\b/g, '<recovery code>')
    .replace(/(?<![\w+])\d{6}\b/g, '<code>')
    .replace(/\bcurl\/[\d.]+/g, 'curl')
}

/** Holds an answer against the one that a page shows, value by value. */
import assert from 'node:assert/strict'

/**
 * Fails unless `real` looks like `shown`: the same fields in the same order, and the same values,
 * except for those that differ from run to run, which must be of the same make. `…` stands for the rest of
 * a text, or for more elements of a list.
 */
export function assertLooksLike(real: unknown, shown: unknown, where: string): void {
  if (Array.isArray(shown)) {
    assert.ok(Array.isArray(real), `${where} is no list`)
    const open = shown.at(-1) === '…'
    const elements = open ? shown.slice(0, -1) : shown
    if (open) assert.ok(real.length > elements.length, `${where} has no more than is shown`)
    else assert.equal(real.length, elements.length, `${where} has another length`)
    for (const [i, element] of elements.entries()) {
      assertLooksLike(real[i], element, `${where}[${i}]`)
    }
  } else if (typeof shown === 'object' && shown !== null) {
    assert.ok(typeof real === 'object' && real !== null, `${where} is no object`)
    assert.deepEqual(Object.keys(real), Object.keys(shown), `${where} has other fields`)
    for (const [name, value] of Object.entries(shown)) {
      assertLooksLike(Reflect.get(real, name), value, `${where}.${name}`)
    }
  } else if (typeof shown === 'string') {
    assert.equal(typeof real, 'string', `${where} is no text`)
    assertSameLook(String(real), shown, where)
  } else if (typeof shown === 'number' && shown > 100_000) {
    // Seconds that are left of days: the first of them may have begun.
    assert.ok(Math.abs(Number(real) - shown) <= 5, `${where} is ${real}, not about ${shown}`)
  } else {
    assert.equal(real, shown, where)
  }
}

/** The same for texts. */
export function assertSameLook(real: string, shown: string, where: string): void {
  const looks = lookOf(real)
  if (/^eyJ[\w-]+…$/.test(shown)) {
    // A token that was cut is still seen to be one.
    assert.equal(looks, '<token>', where)
  } else if (shown.endsWith('…')) {
    const begins = lookOf(shown.slice(0, -1))
    assert.equal(looks.slice(0, begins.length), begins, where)
  } else {
    assert.equal(looks, lookOf(shown), where)
  }
}

/** A text with everything replaced that differs from run to run. */
export function lookOf(text: string): string {
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

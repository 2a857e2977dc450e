import assert from 'node:assert/strict'
import { test } from 'node:test'
import { newId } from '../../src/lib/random.ts'

test('ids sort by when they were made, those of one millisecond too, and none comes twice', () => {
  const ids = Array.from({ length: 50_000 }, newId)
  assert.deepEqual(ids.toSorted(), ids)
  assert.equal(new Set(ids).size, ids.length)
  for (const id of ids) {
    assert.match(id, /^[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/)
  }
})

import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { type Line, readLines } from '../../src/lib/read-lines.ts'

async function read(chunks: Uint8Array[], longest = 100): Promise<Line[]> {
  async function* given() {
    yield* chunks
  }
  return Array.fromAsync(readLines(given(), longest))
}

const texts = async (chunks: Uint8Array[]) => (await read(chunks)).map(({ text }) => text)

test('lines do not depend on how the file is split into chunks', async () => {
  const whole = Buffer.from('first\nzwölf\r\n\n😀 last')
  const cuts = fc.uniqueArray(fc.nat({ max: whole.length }), { maxLength: 8 })
  await fc.assert(
    fc.asyncProperty(cuts, async (places) => {
      const ends = [...places, 0, whole.length].sort((a, b) => a - b)
      const chunks = ends.slice(1).map((end, index) => whole.subarray(ends[index], end))
      const lines = await read(chunks)
      assert.deepEqual(
        lines.map(({ text }) => text),
        ['first', 'zwölf', '', '😀 last'],
      )
      assert.deepEqual(
        lines.map(({ number }) => number),
        [1, 2, 3, 4],
      )
      assert.equal(lines.at(-1)?.bytesRead, whole.length)
    }),
    { numRuns: 50 },
  )
})

test('a line that is too long or not UTF-8 is reported, and later lines are still read', async () => {
  const long = Buffer.concat([Buffer.from('x'.repeat(101)), Buffer.from('\nb\n')])
  assert.deepEqual(await texts([long]), [undefined, 'b'])
  const inPieces = [...'x'.repeat(250)].map((letter) => Buffer.from(letter))
  assert.deepEqual(await texts([...inPieces, Buffer.from('\nb')]), [undefined, 'b'])
  assert.deepEqual(await texts([Buffer.from([0x61, 0xff, 0x0a, 0x62])]), [undefined, 'b'])
  assert.deepEqual(await texts([Buffer.from('x'.repeat(100))]), ['x'.repeat(100)])
})

test('a leading byte order mark is not part of the first line', async () => {
  assert.deepEqual(await texts([Buffer.from('\ufeffa\nb\n')]), ['a', 'b'])
  assert.deepEqual(await texts([]), [])
})

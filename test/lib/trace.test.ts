import assert from 'node:assert/strict'
import { test } from 'node:test'
import { parseTraceparent } from '../../src/http/trace-context.ts'

const trace_id = '0af7651916cd43dd8448eb211c80319c'
const span_id = 'b7ad6b7169203331'

test('a traceparent is parsed as in W3C Trace Context, including later versions', () => {
  for (const header of [
    `00-${trace_id}-${span_id}-01`,
    `00-${trace_id}-${span_id}-00`,
    `01-${trace_id}-${span_id}-ff`,
    `cc-${trace_id}-${span_id}-01-what-comes-later`,
  ]) {
    assert.deepEqual(parseTraceparent(header), { trace_id, span_id }, header)
  }
})

test('a malformed traceparent is ignored', () => {
  for (const header of [
    undefined,
    '',
    [`00-${trace_id}-${span_id}-01`],
    `00-${trace_id}-${span_id}`,
    `00-${trace_id}-${span_id}-01-more`,
    `00-${trace_id}-${span_id}-1`,
    `00-${trace_id}-${span_id}-01 `,
    ` 00-${trace_id}-${span_id}-01`,
    `00-${trace_id}-${span_id}-01\n`,
    `cc-${trace_id}-${span_id}-01more`,
    `ff-${trace_id}-${span_id}-01`,
    `0-${trace_id}-${span_id}-01`,
    `00-${trace_id.toUpperCase()}-${span_id}-01`,
    `00-${'0'.repeat(32)}-${span_id}-01`,
    `00-${trace_id}-${'0'.repeat(16)}-01`,
    `00-${trace_id}0-${span_id}-01`,
    `00-${trace_id}-${span_id}x-01`,
    // Two headers, as Node joins them.
    `00-${trace_id}-${span_id}-01, 00-${trace_id}-${span_id}-01`,
    '"}, "level": 60',
  ]) {
    assert.equal(parseTraceparent(header), undefined, String(header))
  }
})

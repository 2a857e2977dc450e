/** Log lines about a request have the trace and span id of its traceparent. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { onDatabase } from '../support/latchkey.ts'

const trace_id = '0af7651916cd43dd8448eb211c80319c'
const span_id = 'b7ad6b7169203331'

onDatabase('SQLite', (latchkey) => {
  const linesOf = (requestId: string | null) =>
    latchkey.log
      .split('\n')
      .filter((line) => line !== '')
      .map((line) => JSON.parse(line))
      .filter(({ reqId }) => reqId === requestId)

  const request = async (path: string, traceparent: string) => {
    const { status, headers } = await latchkey.get(path, { headers: { traceparent } })
    return { status, requestId: headers.get('x-request-id') }
  }

  test('every log line about a request has its trace, also those about failures', async () => {
    const traceparent = `00-${trace_id}-${span_id}-01`
    await latchkey.sql('alter table signing_key rename to away')
    const { status, requestId } = await request('/health/ready', traceparent)
    await latchkey.sql('alter table away rename to signing_key')
    assert.equal(status, 503)
    assert.notEqual(requestId, trace_id)

    const lines = linesOf(requestId)
    assert.deepEqual(lines.map(({ msg }) => msg).sort(), ['not ready', 'request'])
    for (const line of lines) {
      assert.deepEqual([line.trace_id, line.span_id], [trace_id, span_id])
    }
  })

  // Abuse case (Input and output): A value from a request header was written to the log without
  // validation.
  test('an invalid traceparent is not logged, and its request is not rejected', async () => {
    for (const traceparent of [
      '',
      'not-a-trace',
      `00-${trace_id}-ada@example.com-01`,
      '"}{"level":60',
    ]) {
      const { status, requestId } = await request('/health/live', traceparent)
      assert.equal(status, 200)
      const [line, ...more] = linesOf(requestId)
      assert.deepEqual(more, [])
      assert.ok(!('trace_id' in line) && !('span_id' in line), JSON.stringify(line))
      assert.ok(traceparent === '' || !latchkey.log.includes(traceparent))
    }
  })
})

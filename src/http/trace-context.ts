/** The sender's trace and span, under OpenTelemetry's names for log fields. */
export interface TraceContext {
  trace_id: string
  span_id: string
}

/** Version, trace id, parent id, flags; later versions may append fields after a hyphen. */
const traceparentPattern = /^([0-9a-f]{2})-([0-9a-f]{32})-([0-9a-f]{16})-[0-9a-f]{2}(-.*)?$/

/** Parses a `traceparent` header (W3C Trace Context §3.2). An invalid one is ignored. */
export function parseTraceparent(header: string | string[] | undefined): TraceContext | undefined {
  if (typeof header !== 'string') return undefined
  const [, version, trace_id = '', span_id = '', more] = traceparentPattern.exec(header) ?? []
  if (version === undefined || version === 'ff') return undefined
  if (version === '00' && more !== undefined) return undefined
  if (/^0+$/.test(trace_id) || /^0+$/.test(span_id)) return undefined
  return { trace_id, span_id }
}

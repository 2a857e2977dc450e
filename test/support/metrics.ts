/** Scrapes of `/metrics`. */
import assert from 'node:assert/strict'

/** The value of each series, by its name with labels. */
export type Scrape = Map<string, number>

/** Scrapes a node as Prometheus would. */
export async function scrapeText(origin: string, token?: string): Promise<string> {
  const headers = token === undefined ? {} : { authorization: `Bearer ${token}` }
  const response = await fetch(`${origin}/metrics`, { headers })
  const text = await response.text()
  assert.equal(response.status, 200, text)
  assert.match(response.headers.get('content-type') ?? '', /^text\/plain; version=0\.0\.4/)
  return text
}

export async function scrape(origin: string, token?: string): Promise<Scrape> {
  return parseSeries(await scrapeText(origin, token))
}

export function parseSeries(text: string): Scrape {
  const lines = text.split('\n').filter((line) => line !== '' && !line.startsWith('#'))
  return new Map(
    lines.map((line) => {
      const end = line.lastIndexOf(' ')
      return [line.slice(0, end), Number(line.slice(end + 1))]
    }),
  )
}

/** The increase of each series of a metric between two scrapes, without those that are 0. */
export function increases(before: Scrape, after: Scrape, metric: string): Record<string, number> {
  const result: Record<string, number> = {}
  for (const [series, value] of after) {
    const increase = value - (before.get(series) ?? 0)
    if (series.startsWith(`${metric}{`) && increase !== 0)
      result[series.slice(metric.length)] = increase
  }
  return result
}

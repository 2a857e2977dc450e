/** What Prometheus would read. */
import assert from 'node:assert/strict'

/** Every series of a scrape by its name and labels, as they are written. */
export type Scrape = Map<string, number>

/** @param origin where `/metrics` is */
export async function scrapeText(origin: string, token?: string): Promise<string> {
  const headers = token === undefined ? {} : { authorization: `Bearer ${token}` }
  const answer = await fetch(`${origin}/metrics`, { headers })
  const text = await answer.text()
  assert.equal(answer.status, 200, text)
  assert.match(answer.headers.get('content-type') ?? '', /^text\/plain; version=0\.0\.4/)
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

/** What grew between two scrapes, by how much; of one metric. */
export function increases(before: Scrape, after: Scrape, metric: string): Record<string, number> {
  const result: Record<string, number> = {}
  for (const [series, value] of after) {
    const increase = value - (before.get(series) ?? 0)
    if (series.startsWith(`${metric}{`) && increase !== 0)
      result[series.slice(metric.length)] = increase
  }
  return result
}

/** The dashboard, the alerts and docs/watch.md name existing metrics and labels. */
import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { after, before, test } from 'node:test'
import { readSettings } from '../../src/config/read-settings.ts'
import { TestLatchkey } from '../support/latchkey.ts'
import { readPage, root } from '../support/markdown.ts'
import { scrapeText } from '../support/metrics.ts'
import { requireTool } from '../support/tool.ts'

const latchkey = new TestLatchkey('SQLite')
let text = ''
/** Every metric, with the names of its labels. */
const real = new Map<string, string[]>()

before(async () => {
  await latchkey.start()
  const ada = await latchkey.owner({ mfaMethod: 'sms' })
  await ada.signInFully()
  text = await scrapeText(latchkey.origin)
  for (const [, name = ''] of text.matchAll(/^# TYPE (\S+) /gm)) {
    const series = new RegExp(`^${name}(?:_bucket)?\\{(.*)\\} `, 'm').exec(text)?.[1] ?? ''
    const labels = [...series.matchAll(/(\w+)="/g)].map(([, label = '']) => label)
    real.set(
      name,
      labels.filter((label) => label !== 'le'),
    )
  }
})
after(() => latchkey.stop())

/** The metrics that are not default ones of the client library. */
const ownMetrics = () => [...real.keys()].filter((name) => name.startsWith('latchkey_'))

/** The names of metrics in a query, without labels, functions and alerts. */
function metricsIn(query: string): string[] {
  const found = query.matchAll(/\b(?:latchkey|process|nodejs)_\w+/g)
  return [...found].map(([name]) => name.replace(/_(bucket|sum|count)$/, ''))
}

function labelsIn(query: string): string[] {
  const matched = [...query.matchAll(/\{([^}]*)\}/g)].flatMap(([, all = '']) => [
    ...all.matchAll(/(\w+)\s*(?:=~|!~|!=|=)"/g),
  ])
  const grouped = [...query.matchAll(/\bby \(([^)]*)\)/g)].flatMap(([, all = '']) =>
    all.split(', '),
  )
  return [...matched.map(([, label = '']) => label), ...grouped]
}

function assertExists(query: string): void {
  const names = metricsIn(query)
  assert.ok(names.length > 0, query)
  for (const name of names) assert.ok(real.has(name), `${name} is in no scrape: ${query}`)
  const labels = new Set(['le', 'job', 'instance', ...names.flatMap((name) => real.get(name))])
  for (const label of labelsIn(query)) assert.ok(labels.has(label), `${label}: ${query}`)
}

test('dashboard queries use existing metrics and labels and cover every metric of Latchkey', () => {
  const dashboard = JSON.parse(readFileSync(join(root, 'deploy/grafana-dashboard.json'), 'utf8'))
  const titles = dashboard.panels.map((panel: { title: string }) => panel.title)
  assert.equal(new Set(titles).size, titles.length)
  for (const panel of dashboard.panels) {
    for (const { expr } of panel.targets) assertExists(expr)
  }
  const shown = new Set(metricsIn(JSON.stringify(dashboard)))
  assert.deepEqual(
    ownMetrics().filter((name) => !shown.has(name)),
    [],
  )
})

test('every alert uses existing metrics, has instructions and is on the page', () => {
  const page = readPage('docs/watch.md')
  const rules = readFileSync(join(root, 'deploy/prometheus-alerts.yml'), 'utf8').split('- alert: ')
  const names = rules.slice(1).map((rule) => {
    const name = /^\w+/.exec(rule)?.[0] ?? ''
    assertExists(/expr: ([\s\S]*?)\n {8}(?:for|labels):/.exec(rule)?.[1] ?? '')
    assert.match(rule, /severity: (page|warn)/, name)
    assert.match(rule, /summary: \S/, name)
    assert.match(rule, /runbook: \S/, name)
    return name
  })
  const listed = [...page.matchAll(/^\| `(Latchkey\w+)` \|/gm)].map(([, name]) => name)
  assert.deepEqual(listed, names)
})

test('the table lists every metric of Latchkey and some default ones of Node.js, with their labels', () => {
  const rows = readPage('docs/watch.md').matchAll(
    /^\| `((?:latchkey|process|nodejs)_\w+)` \|([^|]*)\|/gm,
  )
  const listed = new Map(
    [...rows].map(([, name = '', labels = '']) => [
      name,
      [...labels.matchAll(/`(\w+)`/g)].map(([, label]) => label),
    ]),
  )
  for (const [name, labels] of listed) assert.deepEqual(labels, real.get(name), name)
  assert.deepEqual(
    ownMetrics().filter((name) => !listed.has(name)),
    [],
  )
})

test('Prometheus accepts the alerts and the metrics', async (t) => {
  const promtool = await requireTool(t, 'promtool')
  if (!promtool) return
  await promtool('check', 'rules', join(root, 'deploy/prometheus-alerts.yml'))
  // promtool rejects some of the client library’s names for default metrics.
  const ownLines = text.split('\n').filter((line) => line.includes('latchkey_'))
  const { status, stdout, stderr } = spawnSync('promtool', ['check', 'metrics'], {
    input: `${ownLines.join('\n')}\n`,
    encoding: 'utf8',
  })
  assert.equal(`${status} ${stdout}${stderr}`, '0 ')
})

test('no request waits for a password hash longer than the page states', () => {
  const page = readPage('docs/watch.md').replace(/\s+/g, ' ')
  assert.ok(page.includes('A request that would wait for longer than two seconds gets'))
  assert.equal(readSettings({}).maxHashWaitMs, 2000)
})

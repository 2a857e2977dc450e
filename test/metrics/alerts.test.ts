/** Each alert fires on its condition, and none fires on healthy metrics. */
import assert from 'node:assert/strict'
import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import { root } from '../support/markdown.ts'
import { createTempFolder } from '../support/process.ts'
import { requireTool } from '../support/tool.ts'

const rules = join(root, 'deploy/prometheus-alerts.yml')

/** Series in promtool's notation, one value per minute: first value, increment, repetitions. */
type Series = Record<string, string>

const requests = 'latchkey_http_requests_total{route="/x",method="GET",status='
const statement =
  'latchkey_database_statement_duration_seconds_bucket{instance="a",kind="commit",le='
const buildInfo: Series = { 'latchkey_build_info{version="1"}': '1x1500' }

const bad: Record<string, { series: Series; at: string }> = {
  LatchkeyDown: { series: {}, at: '5m' },
  LatchkeyDatabaseDown: { series: { 'latchkey_database_up{instance="a"}': '0x10' }, at: '5m' },
  LatchkeyErrors: { series: { [`${requests}"500"}`]: '0+1x30' }, at: '20m' },
  LatchkeyUnavailable: {
    series: { [`${requests}"503"}`]: '0+5x30', [`${requests}"200"}`]: '0+100x30' },
    at: '20m',
  },
  LatchkeyOverloaded: { series: { latchkey_password_hash_rejected_total: '0+9x30' }, at: '20m' },
  LatchkeyEventLoopLag: {
    series: { nodejs_eventloop_lag_p99_seconds: '0.8x30' },
    at: '20m',
  },
  LatchkeyDatabaseSlow: {
    series: {
      [`${statement}"0.5"}`]: '0+90x30',
      [`${statement}"1"}`]: '0+100x30',
      [`${statement}"+Inf"}`]: '0+100x30',
    },
    at: '20m',
  },
  LatchkeyDeliveryDelayed: {
    series: { 'latchkey_delivery_queue_oldest_seconds{channel="sms"}': '0+60x30' },
    at: '20m',
  },
  LatchkeyDeliveryFailed: {
    series: { 'latchkey_delivery_attempts_total{channel="sms",outcome="failed"}': '0+1x90' },
    at: '1h',
  },
  LatchkeySmsNearCap: {
    series: { latchkey_sms_last_24h: '801x10', latchkey_sms_daily_cap: '1000x10' },
    at: '5m',
  },
  LatchkeySignInFailures: {
    series: { 'latchkey_sign_ins_total{method="password",result="wrong"}': '0+1x1400 1400+60x60' },
    at: '1430m',
  },
  LatchkeyMfaTurnedOff: {
    series: { 'latchkey_mfa_turned_off_total{method="sms"}': '0x1400 0+1x60' },
    at: '1440m',
  },
}

const textsToStrangers: Series = {
  latchkey_sms_last_24h: '401x10',
  latchkey_sms_to_unverified_last_24h: '401x10',
  latchkey_sms_daily_cap: '1000x10',
}

const good: Series = {
  'latchkey_database_up{instance="a"}': '1x1500',
  [`${requests}"500"}`]: '3x1500',
  [`${requests}"200"}`]: '0+1000x1500',
  [`${requests}"503"}`]: '0+1x1500',
  latchkey_password_hash_rejected_total: '7x1500',
  nodejs_eventloop_lag_p99_seconds: '0.02x1500',
  [`${statement}"0.5"}`]: '0+100x1500',
  [`${statement}"+Inf"}`]: '0+100x1500',
  'latchkey_delivery_queue_oldest_seconds{channel="sms"}': '3x1500',
  'latchkey_delivery_attempts_total{channel="email",outcome="failed"}': '2x1500',
  latchkey_sms_last_24h: '790x1500',
  latchkey_sms_to_unverified_last_24h: '390x1500',
  latchkey_sms_daily_cap: '1000x1500',
  'latchkey_sign_ins_total{method="password",result="wrong"}': '0+20x1500',
  'latchkey_mfa_turned_off_total{method="sms"}': '0+1x1500',
}

function alertTest(fires: number, series: Series, at: string, alert: string) {
  const firing = `count(ALERTS{alertstate="firing"${alert}}) or vector(0)`
  return {
    interval: '1m',
    input_series: Object.entries(series).map(([name, values]) => ({ series: name, values })),
    promql_expr_test: [
      { expr: firing, eval_time: at, exp_samples: [{ labels: '{}', value: fires }] },
    ],
  }
}

test('every alert fires on its condition, and none fires on healthy metrics', async (t) => {
  const promtool = await requireTool(t, 'promtool')
  if (!promtool) return
  const names = [...readFileSync(rules, 'utf8').matchAll(/- alert: (\w+)/g)].map(([, name]) => name)
  assert.deepEqual(Object.keys(bad), names)

  const file = join(createTempFolder(t), 'test.yml')
  const tests = [
    ...Object.entries(bad).map(([name, { series, at }]) => {
      const all = name === 'LatchkeyDown' ? series : { ...buildInfo, ...series }
      return alertTest(1, all, at, `,alertname="${name}"`)
    }),
    alertTest(1, { ...buildInfo, ...textsToStrangers }, '5m', ',alertname="LatchkeySmsNearCap"'),
    alertTest(0, { ...buildInfo, ...good }, '1440m', ''),
  ]
  // JSON is valid YAML. Evaluating a day every minute would take seconds.
  writeFileSync(file, JSON.stringify({ rule_files: [rules], evaluation_interval: '5m', tests }))
  assert.match(await promtool('test', 'rules', file), /SUCCESS/)
})

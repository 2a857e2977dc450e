/** A row of the table. */
export interface Figure {
  name: string
  value: string
  baseline?: string
  ratio?: string
  /** CPU time of the service for each call, and of the baseline if that is a service. */
  cpu?: string
  goal?: Goal
}

export interface Goal {
  text: string
  met: boolean
}

export const atLeast = (goal: number, value: number): Goal => ({
  text: `≥ ${goal}`,
  met: value >= goal,
})

export const atMost = (goal: number, value: number, unit = ''): Goal => ({
  text: `≤ ${goal}${unit}`,
  met: value <= goal,
})

export const formatRate = (value: number) => `${Math.round(value).toLocaleString('en')}/s`
export const formatMs = (value: number) => `${value.toFixed(value < 10 ? 2 : 0)} ms`
/** @param values of the service, and of its baseline if that is a service */
export const formatCpu = (...values: number[]) =>
  `${values.map((value) => value.toFixed(value < 1 ? 3 : 1)).join(' · ')} ms`
export const formatMb = (value: number) => `${Math.round(value)} MB`
export const formatRatio = (value: number) => value.toFixed(2)

export function printTable(figures: Figure[]): void {
  const rows = [
    ['figure', 'value', 'baseline', 'ratio', 'CPU per call', 'goal', 'met'],
    ...figures.map(({ name, value, baseline = '', ratio = '', cpu = '', goal }) => {
      const met = goal ? (goal.met ? 'yes' : 'NO') : ''
      return [name, value, baseline, ratio, cpu, goal?.text ?? '', met]
    }),
  ]
  const widths = (rows[0] ?? []).map((_, i) => Math.max(...rows.map((row) => row[i]?.length ?? 0)))
  for (const row of rows) {
    const cells = row.map((cell, i) => {
      const width = widths[i] ?? 0
      return i === 0 || i >= 5 ? cell.padEnd(width) : cell.padStart(width)
    })
    console.log(cells.join('  ').trimEnd())
  }
}

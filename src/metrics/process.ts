import { monitorEventLoopDelay } from 'node:perf_hooks'
import { Counter, Gauge, type Registry } from '@prometheus-io/client'
import { second } from '../lib/clock.ts'

/** How often the loop is looked at. Waiting that long is no delay. */
const resolutionMs = 20

/** Processor, memory, and how long whatever is ready has to wait for its turn on the main thread. */
export function watchProcess(registry: Registry): { read(): void; close(): void } {
  const registers = [registry]
  const cpu = new Counter({
    name: 'process_cpu_seconds_total',
    help: 'Processor time, of all threads.',
    registers,
  })
  const resident = new Gauge({
    name: 'process_resident_memory_bytes',
    help: 'Memory that is held.',
    registers,
  })
  const startTime = new Gauge({
    name: 'process_start_time_seconds',
    help: 'When it started, in seconds since 1970.',
    registers,
  })
  const delay = new Gauge({
    name: 'latchkey_event_loop_delay_seconds',
    help: 'How late the main thread is, since the scrape before.',
    labelNames: ['percentile'],
    registers,
  })
  startTime.set(Math.round((performance.timeOrigin / second) * 10) / 10)

  const monitor = monitorEventLoopDelay({ resolution: resolutionMs })
  monitor.enable()
  return {
    read() {
      const { user, system } = process.cpuUsage()
      cpu.reset()
      cpu.inc((user + system) / 1e6)
      resident.set(process.memoryUsage.rss())
      for (const percentile of [50, 99, 100]) {
        const ms = monitor.percentile(percentile) / 1e6 - resolutionMs
        delay.set({ percentile }, Math.max(0, ms) / second)
      }
      monitor.reset()
    },
    close: () => {
      monitor.disable()
    },
  }
}

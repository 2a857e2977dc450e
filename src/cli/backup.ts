import { readSettings } from '../config/read-settings.ts'
import { backUp } from '../store/backup.ts'
import { defineCommand } from './command.ts'

export default defineCommand({
  description: 'copy the database to a file, also while the service runs',
  arguments: ['file'],
  options: {},
  optionsHelp: {},
  async run({ positionals: [file = ''] }) {
    return { file, bytes: backUp(readSettings(process.env).databaseUrl, file) }
  },
  format: ({ file, bytes }) =>
    [
      `Done: ${file}, ${formatBytes(bytes)}, whole and checked.`,
      'The encryption keys are not in it, and without them it can’t be used. Keep them too, somewhere else.',
    ].join('\n'),
})

function formatBytes(bytes: number): string {
  const units = ['kB', 'MB', 'GB', 'TB']
  const power = Math.min(Math.floor(Math.log10(bytes) / 3), units.length) || 1
  const number = (bytes / 1000 ** power).toPrecision(3)
  return `${Number(number)} ${units[power - 1]}`
}

import { readSettings } from '../config/read-settings.ts'
import { backUp } from '../store/backup.ts'
import { defineCommand } from './command.ts'

export default defineCommand({
  description: 'copy the SQLite database to a file, even while the service runs',
  arguments: ['file'],
  options: {},
  optionsHelp: {},
  async run({ positionals: [file = ''] }) {
    return { file, bytes: backUp(readSettings(process.env).databaseUrl, file) }
  },
  format: ({ file, bytes }) =>
    [
      `Done: ${file}, ${formatBytes(bytes)}, complete and checked.`,
      'The encryption keys are not in it, and it is useless without them. Keep them too, in another place.',
    ].join('\n'),
})

function formatBytes(bytes: number): string {
  const units = ['kB', 'MB', 'GB', 'TB']
  const power = Math.min(Math.floor(Math.log10(bytes) / 3), units.length) || 1
  const number = (bytes / 1000 ** power).toPrecision(3)
  return `${Number(number)} ${units[power - 1]}`
}

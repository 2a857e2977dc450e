import { readSettings } from '../read-settings.ts'
import { backUp } from '../store/backup.ts'
import { command } from './command.ts'

export default command({
  does: 'copy the database to a file, also while the service runs',
  takes: ['file'],
  options: {},
  optionsHelp: {},
  async run({ taken: [file = ''] }) {
    return { file, bytes: backUp(readSettings(process.env).databaseUrl, file) }
  },
  show: ({ file, bytes }) =>
    [
      `Done: ${file}, ${size(bytes)}, whole and checked.`,
      'The encryption keys are not in it, and without them it can’t be used. Keep them too, somewhere else.',
    ].join('\n'),
})

function size(bytes: number): string {
  const units = ['kB', 'MB', 'GB', 'TB']
  const power = Math.min(Math.floor(Math.log10(bytes) / 3), units.length) || 1
  const number = (bytes / 1000 ** power).toPrecision(3)
  return `${Number(number)} ${units[power - 1]}`
}

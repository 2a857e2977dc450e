import { existsSync, statfsSync } from 'node:fs'
import { tmpdir } from 'node:os'

const memory = '/dev/shm'

/**
 * Chooses where databases of tests are: in memory on Linux. There, PostgreSQL creates a database in
 * 0.01 s instead of 0.2 s, and no commit waits for a disk.
 */
export function chooseDataFolder(): string {
  // Containers often have 64 MB, and a run with many databases needs a few hundred.
  return freeBytes(memory) > 2 * 1024 ** 3 ? memory : tmpdir()
}

function freeBytes(folder: string): number {
  if (!existsSync(folder)) return 0
  const { bavail, bsize } = statfsSync(folder)
  return bavail * bsize
}

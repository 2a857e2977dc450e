import { readdir, readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { type CompressedBody, compressBody } from '../asset.ts'

/** Where `npm run build` puts it: it comes with a package that nothing needs while the service runs. */
const folder = join(import.meta.dirname, '../../../dist/web/reference')

/** The script of Scalar, the interactive reference. */
export interface Scalar {
  /** Has the version in it: under this name it is always the same script. */
  file: string
  load(): Promise<CompressedBody>
}

/** @returns undefined if nothing was built */
export async function findScalar(): Promise<Scalar | undefined> {
  const files = await readdir(folder).catch(() => [])
  const file = files.find((name) => /^scalar-[\w.-]+\.js$/.test(name))
  if (!file) return undefined
  return {
    file,
    load: async () => compressBody(await readFile(join(folder, file))),
  }
}

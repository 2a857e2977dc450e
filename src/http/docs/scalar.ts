import { readdir, readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { packageRoot } from '../../lib/package-root.ts'
import { type EncodedBody, encodeBody } from '../asset.ts'

/** `npm run build` copies the script here, because its package is a development dependency. */
const folder = join(packageRoot, 'dist/web/reference')

/** The script of Scalar, which renders the interactive reference. */
export interface Scalar {
  /** Contains the version, so the content under this name never changes. */
  file: string
  load(): Promise<EncodedBody>
}

/** @returns undefined if it has not been built */
export async function findScalar(): Promise<Scalar | undefined> {
  const files = await readdir(folder).catch(() => [])
  const file = files.find((name) => /^scalar-[\w.-]+\.js$/.test(name))
  if (!file) return undefined
  return {
    file,
    load: async () => encodeBody(await readFile(join(folder, file))),
  }
}

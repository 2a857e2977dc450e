import { findPackageJSON } from 'node:module'
import { dirname } from 'node:path'

/** The folder of Latchkey’s package.json, found from `src/` and from the bundle in `dist/` alike. */
export const packageRoot = dirname(findPackageJSON(import.meta.url) as string)

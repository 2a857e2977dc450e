/** A machine that was set up by docs/production.md. */
import { cpSync, mkdirSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import type { TestContext } from 'node:test'
import { codeBlocksIn, readPage } from './markdown.ts'
import { createMachineRoot, type OverlayRoot, runInRoot } from './overlay-root.ts'
import { host } from './reverse-proxies.ts'
import { createSelfSignedCertificate } from './smtp-server.ts'

const page = 'docs/production.md'
const units = '/etc/systemd/system'

/**
 * Follows docs/production.md on a machine with stubs for systemctl, apt-get and npm.
 * @param modules `node_modules` of an installed package, because npm is a stub
 * @returns the machine
 */
export async function followProductionPage(t: TestContext, modules: string): Promise<OverlayRoot> {
  const root = createMachineRoot(t)
  const put = (path: string, content: string, mode = 0o644) => {
    mkdirSync(dirname(join(root.layer, path)), { recursive: true })
    writeFileSync(join(root.layer, path), content, { mode })
  }
  for (const name of ['systemctl', 'apt-get', 'npm'])
    put(`usr/local/bin/${name}`, '#!/bin/sh\n', 0o755)
  cpSync(modules, join(root.layer, 'opt/latchkey/node_modules'), {
    recursive: true,
    verbatimSymlinks: true,
  })
  const certificate = await createSelfSignedCertificate(t, host)
  put(`etc/letsencrypt/live/${host}/fullchain.pem`, certificate?.cert ?? '')
  put(`etc/letsencrypt/live/${host}/privkey.pem`, certificate?.key ?? '')
  for (const folder of ['var/lib/latchkey', 'var/cache/latchkey'])
    mkdirSync(join(root.layer, folder), { recursive: true })

  const [settings] = codeBlocksIn(readPage(page)).filter(({ language }) => language === 'ini')
  const typed = codeBlocksIn(readPage(page)).flatMap(({ language, text }) => {
    if (language === 'sh') return [text]
    // The reader adds the settings with an editor.
    return text === settings?.text ? [`cat >> /etc/latchkey/.env <<'END'\n${text}\nEND`] : []
  })
  const verified = `systemd-analyze verify ${units}/latchkey*
    systemd-analyze security --offline=true --threshold=15 ${units}/latchkey.service`
  await runInRoot(root, ['sh', '-ec', [...typed, verified].join('\n')])
  return root
}

/** Reads a file of the machine as the page has left it. */
export function readFileOf(root: OverlayRoot, path: string): Promise<string> {
  return runInRoot(root, ['cat', path])
}

/** The keys of a systemd unit of the machine, from all sections. */
export async function readUnit(
  root: OverlayRoot,
  name: string,
): Promise<Partial<Record<string, string>>> {
  const text = await readFileOf(root, `${units}/${name}`)
  return Object.fromEntries(
    [...text.matchAll(/^(\w+)=(.*)$/gm)].map(([, key, value]) => [key, value]),
  )
}

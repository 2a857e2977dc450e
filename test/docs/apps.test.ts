/** Follows docs/apps.md word for word on a machine of its own, with Debian’s Apache. */
import assert from 'node:assert/strict'
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import { apacheSkipReason } from '../support/apache.ts'
import { codeBlock } from '../support/markdown.ts'
import { createMachineRoot, startInRoot, supportsOverlayRoot } from '../support/overlay-root.ts'
import { latchkeyBin } from '../support/process.ts'

const page = 'docs/apps.md'
const visit = join(import.meta.dirname, '../support/apache-visit.ts')
const folder = '/srv/latchkey'

test('the commands and lines of the page protect Apache’s own page by a sign-in with a second factor', {
  skip: apacheSkipReason(),
}, async (t) => {
  if (!(await supportsOverlayRoot(t))) return
  const root = createMachineRoot(t)
  mkdirSync(join(root.layer, folder), { recursive: true })
  const put = (path: string, text: string, mode = 0o644) => {
    mkdirSync(join(root.layer, path, '..'), { recursive: true })
    writeFileSync(join(root.layer, path), text, { mode })
  }
  // The machine has no network, and the packages already; the reader’s `npx` finds this checkout.
  put('usr/local/bin/apt-get', '#!/bin/sh\n', 0o755)
  put('usr/local/bin/npx', `#!/bin/sh\nshift\nexec node ${latchkeyBin} "$@"\n`, 0o755)
  const conf = [
    codeBlock(page, 'apache', 'OIDCProviderMetadataURL'),
    codeBlock(page, 'apache', '<Location /payments>'),
  ].join('\n')
  const typed = [
    'exec >log 2>&1',
    `${codeBlock(page, 'sh', 'npx latchkey apps add Wiki --url http://localhost ')} | tee added`,
    // The reader copies the secret with an editor.
    `cat > /etc/apache2/conf-available/latchkey.conf <<'END'\n${conf}\nEND`,
    `secret=$(sed -n 's/.*Client secret *//p' added)`,
    'file=/etc/apache2/conf-available/latchkey.conf',
    'sed --in-place "s/CLIENT-SECRET/$secret/; s/PASSPHRASE/$(openssl rand -hex 32)/" $file',
    codeBlock(page, 'sh', 'apt-get install --yes apache2'),
  ]
  put(`${folder}/typed.sh`, typed.join('\n'))

  const latchkey = startInRoot(t, root, ['node', latchkeyBin], { cwd: folder })
  const probe =
    "fetch('http://localhost:4000/health/ready').then(({ ok }) => process.exit(ok ? 0 : 1))"
  await latchkey.waitUntilHealthy(['node', '--eval', probe])
  const read = (name: string) => readFileSync(join(root.layer, folder, name), 'utf8')
  assert.equal(await latchkey.runBeside(['sh', '-eu', 'typed.sh']), 0, read('log'))
  const visited = await latchkey.runBeside(['sh', '-c', `node ${visit} >visit 2>&1`])
  assert.equal(visited, 0, read('visit'))
})

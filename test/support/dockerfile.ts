/** Executes a Dockerfile without Docker: every step but the base image. */
import assert from 'node:assert/strict'
import { execFileSync } from 'node:child_process'
import { cpSync, existsSync, mkdirSync, readFileSync, statSync } from 'node:fs'
import { basename, join, posix } from 'node:path'
import type { TestContext } from 'node:test'
import { cloneRoot, createMachineRoot, type OverlayRoot, runInRoot } from './overlay-root.ts'

interface Instruction {
  name: string
  /** Flags such as `--from=build`. */
  flags: Record<string, string>
  rest: string
}

/** The configuration of a container. */
export interface Image {
  root: OverlayRoot
  from: string
  cwd: string
  user: string | undefined
  env: Record<string, string>
  volumes: string[]
  ports: number[]
  stopSignal: NodeJS.Signals
  entrypoint: string[]
  cmd: string[]
  healthcheck: { interval: string; timeout: string; argv: string[] } | undefined
}

export function parseDockerfile(text: string): Instruction[] {
  const lines = text.replace(/^\s*#.*\n/gm, '').replace(/\\\n/g, ' ')
  return lines.split('\n').flatMap((line) => {
    const [, name, flags = '', rest = ''] =
      /^([A-Z]+)\s+((?:--\S+\s+)*)(.*)$/.exec(line.trim()) ?? []
    if (name === undefined) {
      assert.equal(line.trim(), '', `Not an instruction: ${line}`)
      return []
    }
    const pairs = [...flags.matchAll(/--([\w-]+)=(\S+)/g)].map(([, flag = '', value = '']) => [
      flag,
      value,
    ])
    return [{ name, flags: Object.fromEntries(pairs), rest: rest.trim() }]
  })
}

/**
 * Builds the last stage of the Dockerfile in `context`.
 *
 * @param substitutes commands that replace those of RUN
 */
export async function buildImage(
  t: TestContext,
  context: string,
  substitutes: Record<string, string> = {},
): Promise<Image> {
  const base = createMachineRoot(t)
  const stages = new Map<string, Image>()
  let image: Image | undefined
  for (const instruction of parseDockerfile(readFileSync(join(context, 'Dockerfile'), 'utf8'))) {
    const { name, flags, rest } = instruction
    if (name === 'FROM') {
      const [, from = '', as] = /^(\S+)(?: AS (\S+))?$/.exec(rest) ?? []
      const parent = stages.get(from)
      image = parent
        ? { ...parent, env: { ...parent.env }, root: cloneRoot(t, parent.root) }
        : emptyImage(from, cloneRoot(t, base))
      if (as) stages.set(as, image)
      continue
    }
    assert.ok(image, `${name} before FROM`)
    const run = steps[name]
    assert.ok(run, `${name} is not supported here.`)
    await run({ image, flags, rest, context, stages, substitutes })
  }
  assert.ok(image)
  return image
}

function emptyImage(from: string, root: OverlayRoot): Image {
  return {
    ...{ root, from, cwd: '/', user: undefined, env: {}, volumes: [], ports: [] },
    ...{ stopSignal: 'SIGTERM', entrypoint: [], cmd: [], healthcheck: undefined },
  }
}

interface StepContext {
  image: Image
  flags: Record<string, string>
  rest: string
  context: string
  stages: Map<string, Image>
  substitutes: Record<string, string>
}

const steps: Record<string, (step: StepContext) => void | Promise<void>> = {
  COPY({ image, flags, rest, context, stages }) {
    const sources = rest.split(/\s+/)
    const last = sources.pop() ?? ''
    const to = join(image.root.layer, posix.resolve(image.cwd, last))
    const stage = flags.from === undefined ? undefined : stages.get(flags.from)
    for (const path of sources) {
      if (!stage) ensureInBuildContext(context, path)
      const source = join(stage ? stage.root.layer : context, path)
      const isFileInto = last.endsWith('/') && !statSync(source).isDirectory()
      const target = isFileInto ? join(to, basename(path)) : to
      cpSync(source, target, { recursive: true, verbatimSymlinks: true })
    }
  },
  ENV({ image, rest }) {
    for (const [, name = '', value = ''] of rest.matchAll(/(\w+)=(\S+)/g)) image.env[name] = value
  },
  async RUN({ image, rest, substitutes }) {
    const { HOME = '/root', NODE_EXTRA_CA_CERTS, HTTPS_PROXY } = process.env
    const forwarded = Object.entries({ HOME, NODE_EXTRA_CA_CERTS, HTTPS_PROXY })
    const defined = forwarded.filter((pair): pair is [string, string] => pair[1] !== undefined)
    const env = { ...image.env, ...Object.fromEntries(defined) }
    const options = { cwd: image.cwd, env, online: true, ...(image.user && { user: image.user }) }
    await runInRoot(image.root, ['sh', '-c', substitutes[rest] ?? rest], options)
  },
  WORKDIR({ image, rest }) {
    image.cwd = posix.resolve(image.cwd, rest)
    mkdirSync(join(image.root.layer, image.cwd), { recursive: true })
  },
  USER({ image, rest }) {
    image.user = rest
  },
  VOLUME({ image, rest }) {
    image.volumes.push(rest)
  },
  EXPOSE({ image, rest }) {
    image.ports.push(Number(rest))
  },
  STOPSIGNAL({ image, rest }) {
    image.stopSignal = rest as NodeJS.Signals
  },
  ENTRYPOINT({ image, rest }) {
    image.entrypoint = JSON.parse(rest)
  },
  CMD({ image, rest }) {
    image.cmd = JSON.parse(rest)
  },
  HEALTHCHECK({ image, rest, flags: { interval = '30s', timeout = '30s' } }) {
    image.healthcheck = { interval, timeout, argv: JSON.parse(rest.replace(/^CMD\s+/, '')) }
  },
}

/** Fails if .dockerignore excludes the path from the build context. */
function ensureInBuildContext(context: string, path: string): void {
  assert.ok(existsSync(join(context, path)), `${path} does not exist`)
  const lines = readFileSync(join(context, '.dockerignore'), 'utf8').split('\n')
  assert.ok(lines.includes('*') && lines.includes(`!${path}`), `.dockerignore excludes ${path}`)
}

/** The files of a layer. */
export function paths(root: OverlayRoot, folder = '.'): string[] {
  const found = execFileSync('find', [folder, '-not', '-type', 'd'], {
    cwd: root.layer,
    encoding: 'utf8',
    maxBuffer: 2 ** 26,
  })
  return found.split('\n').filter(Boolean)
}

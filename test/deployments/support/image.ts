import { execFileSync } from 'node:child_process'
import { cpSync, existsSync, globSync, mkdirSync, readFileSync, statSync, writeFileSync } from 'node:fs'
import { basename, join } from 'node:path'
import { chroot, requireHere } from './container.ts'
import { argumentOf, expand, type Instruction, pairsOf, type Stage, stagesOf } from './dockerfile.ts'

const ROOT = join(import.meta.dirname, '../../..')

/** An image whose file system is a folder of this machine. */
export interface Image {
  readonly root: string
  /** User and group, as numbers. */
  readonly user: string
  readonly env: Readonly<Record<string, string>>
  readonly labels: Readonly<Record<string, string>>
  readonly entrypoint: readonly string[]
  readonly command: readonly string[]
  readonly healthcheck: readonly string[]
  readonly stopSignal: string
  readonly port: number
}

interface Built {
  /** The folder with the files that the stage has added to those of its image. */
  readonly files: string
  readonly settings: Readonly<Record<string, string>>
  readonly env: Readonly<Record<string, string>>
  readonly labels: Readonly<Record<string, string>>
}

/**
 * Builds an image without a container daemon, in a folder: executes the instructions of a Dockerfile one after the other. The
 * images of Node.js are this machine with the Node.js of the project; the other one has the libraries that Node.js needs.
 * Throws for an instruction or an image that it does not know.
 */
export function buildImage(path: string, folder: string): Image {
  const stages = new Map<string, Built>()
  let last: Built | undefined
  for (const [index, stage] of stagesOf(readFileSync(path, 'utf8')).entries()) {
    last = buildStage(stage, { ignore: ignoreOf(path), folder: join(folder, `stage-${index}`), stages })
    stages.set(stage.name ?? String(index), last)
  }
  if (!last) throw new Error(`${path} has no stage`)
  const { files, settings, env, labels } = last
  const list = (name: string): readonly string[] => JSON.parse(settings[name] ?? '[]') as readonly string[]
  return {
    root: files,
    user: settings.USER ?? '',
    env,
    labels,
    entrypoint: list('ENTRYPOINT'),
    command: list('CMD'),
    healthcheck: list('HEALTHCHECK'),
    stopSignal: settings.STOPSIGNAL ?? '',
    port: Number(settings.EXPOSE),
  }
}

interface Build {
  readonly folder: string
  readonly stages: ReadonlyMap<string, Built>
  readonly ignore: (path: string) => boolean
}

function buildStage({ from, instructions }: Stage, build: Build): Built {
  const files = join(build.folder, 'files')
  mkdirSync(files, { recursive: true })
  const isBuilder = from.startsWith('node:')
  if (isBuilder) addNode(files)
  else if (from.startsWith('debian:')) addLibraries(files)
  else throw new Error(`unknown image ${from}`)
  const settings: Record<string, string> = { WORKDIR: '/' }
  const variables: Record<string, string> = {}
  const env: Record<string, string> = {}
  const labels: Record<string, string> = {}
  for (const { name, text } of instructions) {
    const expanded = expand(text, variables)
    if (name === 'ARG') Object.assign(variables, argumentOf(text, {}))
    else if (name === 'ENV') Object.assign(env, pairsOf(expanded))
    else if (name === 'LABEL') Object.assign(labels, pairsOf(expanded))
    else if (name === 'COPY') copy(expanded, { files, workdir: settings.WORKDIR ?? '/', build })
    else if (name === 'RUN' && isBuilder) {
      runIn({ folder: build.folder, workdir: settings.WORKDIR ?? '/', variables }, text)
    } else if (SETTINGS.has(name)) settings[name] = settingOf({ name, text: expanded })
    else throw new Error(`unknown instruction ${name} in the stage of ${from}`)
    if (name === 'WORKDIR') mkdirSync(join(files, settings.WORKDIR ?? ''), { recursive: true })
  }
  return { files, settings, env, labels }
}

const SETTINGS: ReadonlySet<string> = new Set([
  'WORKDIR',
  'USER',
  'EXPOSE',
  'STOPSIGNAL',
  'HEALTHCHECK',
  'ENTRYPOINT',
  'CMD',
])

function settingOf({ name, text }: Instruction): string {
  return name === 'HEALTHCHECK' ? text.slice(text.indexOf('[')) : text
}

/** Adds what the official image of Node.js has in the place of the program of this machine. */
function addNode(files: string): void {
  mkdirSync(join(files, 'usr/local/bin'), { recursive: true })
  cpSync(join(ROOT, 'node_modules/node/bin/node'), join(files, 'usr/local/bin/node'), { dereference: true })
  const [license] = globSync(join(ROOT, 'node_modules/node/node_modules/*/LICENSE'))
  if (license === undefined) throw new Error('the package of Node.js has no license')
  cpSync(license, join(files, 'usr/local/LICENSE'))
}

/** Adds only what the relay needs of its base: the libraries of the C and C++ runtimes. No user of the relay and no shell. */
function addLibraries(files: string): void {
  const node = join(ROOT, 'node_modules/node/bin/node')
  const printed = execFileSync('ldd', [node], { encoding: 'utf8' })
  for (const [path] of printed.matchAll(/\/\S+(?= \()/g)) {
    cpSync(path, join(files, path), { dereference: true, recursive: true })
  }
  for (const folder of ['etc', 'tmp', 'proc', 'dev']) mkdirSync(join(files, folder), { recursive: true })
  writeFileSync(join(files, 'etc/passwd'), 'root:x:0:0:root:/root:/sbin/nologin\n')
  writeFileSync(join(files, 'etc/nsswitch.conf'), 'hosts: files dns\n')
}

interface Copy {
  readonly files: string
  readonly workdir: string
  readonly build: Build
}

function copy(text: string, { files, workdir, build }: Copy): void {
  const words = text.split(/\s+/)
  const from = words.find((word) => word.startsWith('--from='))?.slice('--from='.length)
  const paths = words.filter((word) => !word.startsWith('--'))
  const target = join(files, join('/', paths.at(-1)?.startsWith('/') ? '' : workdir, paths.at(-1) ?? ''))
  const base = from === undefined ? ROOT : build.stages.get(from)?.files
  if (base === undefined) throw new Error(`COPY: unknown stage ${from}`)
  for (const source of paths.slice(0, -1)) {
    const path = join(base, source)
    const isInto = paths.at(-1)?.endsWith('/') === true && !statSync(path).isDirectory()
    cpSync(path, isInto ? join(target, basename(source)) : target, {
      recursive: true,
      verbatimSymlinks: true,
      filter: (file) => from !== undefined || !build.ignore(file.slice(ROOT.length + 1)),
    })
  }
}

/** Returns the condition of the `.dockerignore` of a Dockerfile. */
function ignoreOf(path: string): (file: string) => boolean {
  const lines = readFileSync(`${path}.dockerignore`, 'utf8').split('\n')
  const patterns = lines
    .filter((line) => line !== '')
    .map((line) => {
      const text = line
        .replaceAll('.', '\\.')
        .replaceAll('**/', '(.*/)?')
        .replaceAll(/(?<!\.)\*/g, '[^/]*')
      return new RegExp(`^${text}(/|$)`)
    })
  return (file) => patterns.some((pattern) => pattern.test(file))
}

interface RunPlace {
  readonly folder: string
  readonly workdir: string
  readonly variables: Readonly<Record<string, string>>
}

/** Executes a RUN: in this machine's file system, over which the files of the stage are laid. */
function runIn({ folder, workdir, variables }: RunPlace, command: string): void {
  const merged = join(folder, 'merged')
  const work = join(folder, 'work')
  const temporary = join(folder, 'tmp')
  for (const path of [merged, work, temporary]) mkdirSync(path, { recursive: true })
  const script = [
    `mount -t overlay overlay -o "lowerdir=/,upperdir=${folder}/files,workdir=${work}" ${merged}`,
    `mount --rbind /proc ${merged}/proc`,
    `mount --rbind /dev ${merged}/dev`,
    `mount --bind ${temporary} ${merged}/tmp`,
    `exec ${chroot()} ${merged} /bin/sh -ec "$COMMAND"`,
  ]
  const { PATH = '', HOME = '/root' } = process.env
  const npm = execFileSync('npm', ['config', 'get', 'registry', 'cache', '--json'], { encoding: 'utf8' })
  execFileSync(requireHere('unshare'), ['--mount', '/bin/sh', '-ec', script.join('\n')], {
    stdio: 'pipe',
    env: {
      ...variables,
      HOME,
      PATH: `/usr/local/bin:${PATH}`,
      COMMAND: `cd ${workdir}\n${command}`,
      ...npmVariables(npm),
    },
  })
}

/** Returns variables that let npm use the registry of this machine, whose file of settings the image does not have. */
function npmVariables(printed: string): Readonly<Record<string, string>> {
  const [, registry = ''] = /registry\W+(https?:[^"\s]+)/.exec(printed) ?? []
  return { npm_config_registry: registry, npm_config_prefer_offline: 'true' }
}

/** Returns the size of a folder, in bytes. */
export function sizeOf(path: string): number {
  if (!existsSync(path)) throw new Error(`${path} does not exist`)
  return Number(execFileSync('du', ['-sb', path], { encoding: 'utf8' }).split('\t')[0])
}

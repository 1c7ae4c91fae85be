import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { connect, createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { inject, onTestFinished } from 'vitest'
import { findOnPath, type Requirement } from '../../support/requirements/requirement.ts'

/** Daemons of Debian lie in a folder that is not on every user's PATH. */
function findDaemon(name: string): string | undefined {
  const fallback = `/usr/sbin/${name}`
  return findOnPath(name) ?? (process.env.CI && existsSync(fallback) ? fallback : undefined)
}

const daemon = (name: string): Requirement => ({
  name,
  remedy: `Install it, for example with: apt-get install ${name}`,
  isAvailable: () => findDaemon(name) !== undefined,
})

export const NGINX: Requirement = daemon('nginx')
export const HAPROXY: Requirement = daemon('haproxy')

/** A server in a process of its own, which does not outlive its test. */
export interface Server {
  readonly url: string
  /** Everything it has printed. */
  readonly output: () => string
  readonly signal: (name: NodeJS.Signals) => void
  /** Resolves with the exit code. */
  readonly ended: Promise<number | null>
}

/** Returns the first code block of a page in a language. Suites run the configurations that the documents show. */
export function configurationIn(page: string, language: string): string {
  const text = readFileSync(join(import.meta.dirname, '../../../docs', page), 'utf8')
  const [, block] = new RegExp(`^\`\`\`${language}\\n([\\s\\S]*?)^\`\`\``, 'm').exec(text) ?? []
  if (block === undefined) throw new Error(`${page} has no ${language} block`)
  return block
}

/** Starts nginx with these directives inside of `http`. PORT in them stands for the port it listens on. */
export async function startNginx(directives: string): Promise<Server> {
  const { folder, port } = await place()
  mkdirSync(join(folder, 'temporary'))
  const paths = ['client_body', 'proxy', 'fastcgi', 'uwsgi', 'scgi']
  const lines = [
    ...(process.getuid?.() === 0 ? ['user root;'] : []),
    `pid ${folder}/nginx.pid;`,
    'daemon off;',
    'worker_processes 1;',
    'events {}',
    'http {',
    'access_log off;',
    ...paths.map((name) => `${name}_temp_path ${folder}/temporary/${name};`),
    directives.replaceAll('PORT', String(port)).replaceAll('FOLDER', folder),
    '}',
  ]
  writeFileSync(join(folder, 'nginx.conf'), lines.join('\n'))
  const args = ['-p', folder, '-e', 'stderr', '-c', join(folder, 'nginx.conf')]
  return listening(spawn(findDaemon('nginx') ?? '', args, { detached: true }), port)
}

/** Starts HAProxy. PORT in the configuration stands for the port it listens on. */
export async function startHaproxy(configuration: string): Promise<Server> {
  const { folder, port } = await place()
  writeFileSync(join(folder, 'haproxy.cfg'), configuration.replaceAll('PORT', String(port)))
  const args = ['-f', join(folder, 'haproxy.cfg')]
  return listening(spawn(findDaemon('haproxy') ?? '', args, { detached: true }), port)
}

/** Starts the relay of the installed package with this configuration file, on a free port or on the given one. */
export function startRelay(configuration: string, at?: number): Promise<Server & { readonly port: number }> {
  return startRelayOf(configuration, { application: inject('installed'), ...(at !== undefined && { at }) })
}

export interface RelayOfApplication {
  /** The folder in which Halyard is installed. */
  readonly application: string
  /** Variables of the process, in addition to PATH. */
  readonly env?: Readonly<Record<string, string>>
  readonly at?: number
}

/** Starts a relay like {@link startRelay}, of another application or with variables. */
export async function startRelayOf(
  configuration: string,
  { application, env: variables = {}, at }: RelayOfApplication,
): Promise<Server & { readonly port: number }> {
  const { folder, port } = await place(at)
  const path = join(folder, 'relay.conf')
  writeFileSync(path, configuration.replace('[Main]', `[Main]\nport = ${port}\nhost = "127.0.0.1"`))
  const main = join(application, 'node_modules/halyard/dist/cli/main.js')
  const env = { PATH: process.env.PATH, NODE_NO_WARNINGS: '1', ...variables }
  const child = spawn(process.execPath, [main, 'relay', '--config', path], { env, detached: true })
  const server = await listening(child, port)
  await ready(server)
  return { ...server, port }
}

/** Resolves when a relay has data to serve. */
export async function ready({ url }: Pick<Server, 'url'>): Promise<void> {
  while (!(await fetch(`${url}/readyz`).then(({ ok }) => ok))) await pause()
}

export async function place(given?: number): Promise<{ readonly folder: string; readonly port: number }> {
  const folder = mkdtempSync(join(tmpdir(), 'halyard-deployment-'))
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }))
  if (given !== undefined) return { folder, port: given }
  const server = createServer().listen(0, '127.0.0.1')
  await once(server, 'listening')
  const { port } = server.address() as { readonly port: number }
  server.close()
  await once(server, 'close')
  return { folder, port }
}

/**
 * Resolves when the process accepts connections; throws what it printed if it ended instead. The process must lead a
 * group of its own, because the workers of nginx would outlive their master.
 */
export async function listening(child: ChildProcess, port: number): Promise<Server> {
  let printed = ''
  for (const stream of [child.stdout, child.stderr]) {
    stream?.on('data', (bytes) => {
      printed += String(bytes)
    })
  }
  let isOver = false
  const ended = once(child, 'close').then(([code]) => {
    isOver = true
    return code as number | null
  })
  onTestFinished(async () => {
    if (!isOver && child.pid !== undefined) process.kill(-child.pid, 'SIGKILL')
    await ended
  })
  while (!(await accepts(port))) {
    if (isOver) throw new Error(`the process ended: ${printed}`)
    await pause()
  }
  return {
    url: `http://127.0.0.1:${port}`,
    output: () => printed,
    signal: (name) => void child.kill(name),
    ended,
  }
}

function accepts(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect(port, '127.0.0.1')
    socket.once('connect', () => resolve(true)).once('error', () => resolve(false))
    socket.once('connect', () => socket.destroy())
  })
}

function pause(): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, 50))
}

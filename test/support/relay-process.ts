import { type ChildProcess, spawn } from 'node:child_process'
import { join } from 'node:path'
import { endWithTest } from './child.ts'

const main = join(import.meta.dirname, '../../src/cli/main.ts')

/** `halyard relay` as operators run it. */
export interface RelayProcess {
  /** Where it serves. */
  readonly url: string
  /** Everything it printed so far. */
  readonly said: string
  /** What a path answers, as an SDK with this key gets it, or as somebody without one does. */
  ask(path: string, sdkKey?: string): Promise<Asked>
  signal(name: 'SIGINT' | 'SIGTERM'): void
  /** Resolves with its exit code when it has ended. */
  readonly ended: Promise<number | null>
  /** Tells it to stop. Resolves with its exit code. */
  stop(): Promise<number | null>
}

export interface Asked {
  readonly status: number
  readonly body: unknown
}

export interface Ended {
  readonly code: number | null
  readonly said: string
}

type Settings = Readonly<Record<string, string | undefined>>

/** Resolves when it serves; ended with the test at the latest. Sees no variable but these and the path. */
export async function startRelayProcess(
  args: readonly string[],
  settings: Settings,
  limits: Limits = {},
): Promise<RelayProcess> {
  const { process: child, said, ended } = begin(args, settings, limits)
  let url: string | undefined
  while (url === undefined) {
    const news = await Promise.race([nextOutput(child), ended])
    url = /Serving \d+ environments? on (http\S+)/.exec(said())?.[1]
    if (news && url === undefined) throw new Error(`the relay ended at once: ${said()}`)
  }
  return {
    url,
    get said() {
      return said()
    },
    async ask(path, sdkKey) {
      const headers = sdkKey === undefined ? {} : { authorization: sdkKey }
      const response = await fetch(url + path, { headers })
      const text = await response.text()
      return { status: response.status, body: text === '' ? undefined : JSON.parse(text) }
    },
    signal(name) {
      child.kill(name)
    },
    ended: ended.then(({ code }) => code),
    async stop() {
      child.kill('SIGTERM')
      return (await ended).code
    },
  }
}

/** Runs one that is expected to end by itself. */
export function runRelayProcess(args: readonly string[], settings: Settings): Promise<Ended> {
  return begin(args, settings).ended
}

/** What the process may use. */
export interface Limits {
  readonly openFiles?: number
}

interface Begun {
  readonly process: ChildProcess
  readonly said: () => string
  readonly ended: Promise<Ended>
}

function begin(args: readonly string[], settings: Settings, { openFiles }: Limits = {}): Begun {
  const env = { PATH: process.env.PATH, NODE_NO_WARNINGS: '1', ...settings }
  const command = [process.execPath, main, 'relay', ...args]
  const limited =
    openFiles === undefined ? command : ['sh', '-c', `ulimit -n ${openFiles}; exec "$@"`, 'sh', ...command]
  const child = endWithTest(
    spawn(limited[0] ?? '', limited.slice(1), { stdio: ['ignore', 'pipe', 'pipe'], env }),
  )
  let text = ''
  const note = (bytes: unknown): void => {
    text += String(bytes)
  }
  child.stdout.on('data', note)
  child.stderr.on('data', note)
  const ended = new Promise<Ended>((resolve) => {
    child.on('close', (code) => resolve({ code, said: text }))
  })
  return { process: child, said: () => text, ended }
}

function nextOutput({ stdout, stderr }: ChildProcess): Promise<undefined> {
  return new Promise((resolve) => {
    for (const stream of [stdout, stderr]) stream?.once('data', () => resolve(undefined))
  })
}

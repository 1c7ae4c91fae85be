import { begin } from '../cli/running.ts'

/** A running `halyard relay`, in this process or in one of its own. */
export interface RunningRelay {
  /** Where it serves. */
  readonly url: string
  /** Everything it printed so far. */
  readonly said: string
  /** What a path answers, as an SDK with this key gets it, or as somebody without one does. */
  ask(path: string, sdkKey?: string): Promise<Asked>
  readonly signal: (name: 'SIGINT' | 'SIGTERM') => void
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

export type Settings = Readonly<Record<string, string | undefined>>

/**
 * Starts `halyard relay` in this process. Resolves when it serves; stopped with the test at the latest. It sees no
 * environment variable but these.
 */
export function startRelayCommand(args: readonly string[], settings: Settings): Promise<RunningRelay> {
  return serving(beginHere(args, settings))
}

/** Runs `halyard relay` in this process until it ends by itself. */
export function runRelayCommand(args: readonly string[], settings: Settings): Promise<Ended> {
  return beginHere(args, settings).ended
}

export interface Begun {
  readonly said: () => string
  readonly ended: Promise<Ended>
  readonly signal: (name: 'SIGINT' | 'SIGTERM') => void
  /** Resolves when more was printed. */
  readonly nextOutput: () => Promise<undefined>
}

/** Resolves when it serves. */
export async function serving({ said, ended, signal, nextOutput }: Begun): Promise<RunningRelay> {
  let url: string | undefined
  while (url === undefined) {
    const news = await Promise.race([nextOutput(), ended])
    url = /serving \d+ environments? on (http\S+)/.exec(said())?.[1]
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
    signal,
    ended: ended.then(({ code }) => code),
    async stop() {
      signal('SIGTERM')
      return (await ended).code
    },
  }
}

function beginHere(args: readonly string[], settings: Settings): Begun {
  let wake = Promise.withResolvers<undefined>()
  const command = begin(['relay', ...args], settings, () => {
    wake.resolve(undefined)
    wake = Promise.withResolvers()
  })
  return {
    said: command.printed,
    ended: command.ended.then((code) => ({ code, said: command.printed() })),
    signal: command.signal,
    nextOutput: () => wake.promise,
  }
}

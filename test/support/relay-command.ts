import { begin } from '../cli/running.ts'

/** A running `halyard relay`, in this process or in another one. */
export interface RunningRelay {
  /** The address. */
  readonly url: string
  /** The output so far. */
  readonly output: string
  /** Requests a path, with this SDK key or without a key. */
  ask(path: string, sdkKey?: string): Promise<Asked>
  readonly signal: (name: 'SIGINT' | 'SIGTERM') => void
  /** Resolves with the exit code when the relay has ended. */
  readonly ended: Promise<number | null>
  /** Stops the relay. Resolves with the exit code. */
  stop(): Promise<number | null>
}

interface Asked {
  readonly status: number
  readonly body: unknown
}

export interface Ended {
  readonly code: number | null
  readonly output: string
}

export type Settings = Readonly<Record<string, string | undefined>>

/**
 * Starts `halyard relay` in this process, with only these environment variables. Resolves when it serves. It is stopped with the test at
 * the latest.
 */
export function startRelayCommand(args: readonly string[], settings: Settings): Promise<RunningRelay> {
  return serving(beginHere(args, settings))
}

/** Runs `halyard relay` in this process until it ends by itself. */
export function runRelayCommand(args: readonly string[], settings: Settings): Promise<Ended> {
  return beginHere(args, settings).ended
}

export interface Begun {
  readonly output: () => string
  readonly ended: Promise<Ended>
  readonly signal: (name: 'SIGINT' | 'SIGTERM') => void
  /** Resolves after further output. */
  readonly nextOutput: () => Promise<undefined>
}

/** Resolves when the relay serves. */
export async function serving({ output, ended, signal, nextOutput }: Begun): Promise<RunningRelay> {
  let url: string | undefined
  while (url === undefined) {
    const news = await Promise.race([nextOutput(), ended])
    url = /serving (?:\d+|the) environments?(?: of automatic configuration)? on (http\S+)/.exec(output())?.[1]
    if (news && url === undefined) throw new Error(`the relay ended at once: ${output()}`)
  }
  return {
    url,
    get output() {
      return output()
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
    output: command.printed,
    ended: command.ended.then((code) => ({ code, output: command.printed() })),
    signal: command.signal,
    nextOutput: () => wake.promise,
  }
}

import { type ChildProcess, fork } from 'node:child_process'

/** Functions of a module in another process. Arguments and results are passed as JSON. */
export type Api = Readonly<Record<string, (...args: never[]) => unknown>>

interface Question {
  readonly id: number
  readonly name: string
  readonly args: readonly unknown[]
}

type Reply = { readonly id: number } & ({ readonly value: unknown } | { readonly error: string })

/** Longest time of a call. */
const PATIENCE_MS = 120_000

/** A process whose functions can be called repeatedly. */
export class Worker<Offered extends Api> {
  readonly #child: ChildProcess
  readonly #waiting = new Map<number, (reply: Reply) => void>()
  #serial = 0

  constructor(module: URL) {
    this.#child = fork(module)
    this.#child.on('message', (reply: Reply) => this.#waiting.get(reply.id)?.(reply))
    this.#child.on('exit', (code) => {
      const error = `${module.pathname} ended with ${code}`
      for (const [id, settle] of this.#waiting) settle({ id, error })
    })
  }

  get pid(): number {
    return this.#child.pid ?? 0
  }

  /** Rejects if the function throws, if the process ends, or after two minutes. */
  call<N extends keyof Offered & string>(
    name: N,
    ...args: Parameters<Offered[N]>
  ): Promise<Awaited<ReturnType<Offered[N]>>> {
    const id = ++this.#serial
    return new Promise((resolve, reject) => {
      const settle = (reply: Reply): void => {
        clearTimeout(timer)
        this.#waiting.delete(id)
        if ('error' in reply) reject(new Error(reply.error))
        else resolve(reply.value as Awaited<ReturnType<Offered[N]>>)
      }
      const timer = setTimeout(() => settle({ id, error: `${name} takes too long` }), PATIENCE_MS)
      this.#waiting.set(id, settle)
      this.#child.send({ id, name, args } satisfies Question, (error) => {
        if (error) settle({ id, error: error.message })
      })
    })
  }

  async stop(): Promise<void> {
    if (this.#child.exitCode !== null || this.#child.signalCode !== null) return
    const ended = new Promise((resolve) => this.#child.once('exit', resolve))
    this.#child.kill('SIGKILL')
    await ended
  }
}

/** Registers the functions of this worker. The worker ends with its parent process. */
export function offer(api: Api): void {
  process.on('message', ({ id, name, args }: Question) => {
    const reply = (rest: { readonly value: unknown } | { readonly error: string }): void => {
      process.send?.({ id, ...rest })
    }
    Promise.resolve()
      .then(() => (api[name] as (...args: readonly unknown[]) => unknown)(...args))
      .then(
        (value) => reply({ value }),
        (error: unknown) => reply({ error: String(error) }),
      )
  })
  process.on('disconnect', () => process.exit())
}

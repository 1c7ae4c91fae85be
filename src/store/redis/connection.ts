import type { Cluster, Redis } from 'ioredis'
import type { Clock } from '../../async/clock.ts'
import { untilAborted } from '../../async/signals.ts'
import { StoreError } from '../../model/errors.ts'
import type { StoreContext } from '../../model/persistent-store.ts'
import { abortedError, isFailedSelect, isOnlyClosed, isReadOnly, toRedisError } from './errors.ts'

export type RedisClient = Redis | Cluster

export interface Route {
  readonly name: string
  /** Client of the application, which the store must not close. */
  readonly borrowed?: RedisClient
  readonly db?: number
  load(): Promise<ClientFactory>
}

/** Creates a client that connects on first use and never reconnects. */
export type ClientFactory = () => RedisClient

/**
 * One shared connection, opened on first use and replaced after it broke. Nothing retries in the background: a call
 * fails as soon as the connection fails, and the next call opens another one.
 */
export class RedisConnection {
  readonly #route: Route
  readonly #clock: Clock
  readonly #random: () => number
  readonly #open = new Set<RedisClient>()
  readonly #failures = new WeakMap<RedisClient, Error>()
  #shared: RedisClient | undefined
  #connect: ClientFactory | undefined
  #closed = false

  constructor(route: Route, { clock, random }: Pick<StoreContext, 'clock' | 'random'>) {
    this.#route = route
    this.#clock = clock
    this.#random = random
  }

  get name(): string {
    return this.#route.name
  }

  get closed(): boolean {
    return this.#closed
  }

  /**
   * Calls a function with the shared client. `operation` completes "cannot …" in errors. Rejects with a {@link
   * StoreError}.
   */
  withClient<T>(
    operation: string,
    signal: AbortSignal,
    call: (client: RedisClient) => Promise<T>,
  ): Promise<T> {
    return this.#run(operation, signal, (connect) => this.#current(connect), call)
  }

  withOwnClient<T>(
    operation: string,
    signal: AbortSignal,
    call: (client: RedisClient) => Promise<T>,
  ): Promise<T> {
    return this.#run(
      operation,
      signal,
      (connect) => this.#track(connect()),
      async (client) => {
        try {
          return await call(client)
        } finally {
          this.disconnect(client)
        }
      },
    )
  }

  /**
   * Returns a client for a subscription, which the caller disconnects. In a cluster, every node delivers all
   * messages.
   */
  async openSubscriber(channel: string, signal: AbortSignal): Promise<Redis> {
    const node = await this.withClient('listen', signal, async (client) => {
      if (!isCluster(client)) return client
      // The client knows the nodes of the cluster after its first command.
      await client.exists(channel)
      const nodes = client.nodes('master')
      const node = nodes[Math.floor(this.#random() * nodes.length)]
      if (!node) throw new Error('no node of the cluster is known')
      return node
    })
    this.#requireOpen('listen')
    return this.#track(node.duplicate({ lazyConnect: true, retryStrategy: null, enableOfflineQueue: true }))
  }

  /** Returns the last error of a client. Its calls may reject with less specific errors. */
  lastErrorOf(client: RedisClient): Error | undefined {
    return this.#failures.get(client)
  }

  /** Disconnects a client at once, without waiting for replies. Ignores the client of the application. */
  disconnect(client: RedisClient): void {
    if (!this.#open.delete(client)) return
    const nodes = isCluster(client) ? client.nodes() : [client]
    client.disconnect()
    for (const { stream } of nodes) (stream as Redis['stream'] | undefined)?.destroy()
  }

  close(): void {
    this.#closed = true
    for (const client of this.#open) this.disconnect(client)
  }

  async #run<T>(
    operation: string,
    signal: AbortSignal,
    choose: (connect: ClientFactory) => RedisClient,
    call: (client: RedisClient) => Promise<T>,
  ): Promise<T> {
    if (signal.aborted) throw abortedError(signal, operation, this.name)
    this.#requireOpen(operation)
    const client = choose(this.#connect ?? (await this.#load(operation, signal)))
    try {
      return await untilAborted(call(client), signal)
    } catch (failure) {
      // After a time-out, or if the server became a replica, the next call opens another connection. Other calls on
      // this connection fail too.
      if (signal.aborted || isReadOnly(failure)) this.disconnect(client)
      if (signal.aborted) throw abortedError(signal, operation, this.name)
      const cause = isOnlyClosed(failure) ? (this.#failures.get(client) ?? failure) : failure
      throw toRedisError(cause, operation, this.name)
    }
  }

  async #load(operation: string, signal: AbortSignal): Promise<ClientFactory> {
    const loading = this.#route.load()
    // If the signal aborts, no one awaits the promise: its rejection must not be unhandled.
    loading.catch(() => {})
    try {
      this.#connect = await untilAborted(loading, signal)
    } catch (failure) {
      if (signal.aborted) throw abortedError(signal, operation, this.name)
      throw failure instanceof StoreError ? failure : toRedisError(failure, operation, this.name)
    }
    this.#requireOpen(operation)
    return this.#connect
  }

  #requireOpen(operation: string): void {
    if (this.#closed)
      throw new StoreError('unavailable', `${this.name}: cannot ${operation}: the store is closed`)
  }

  #current(connect: ClientFactory): RedisClient {
    const { borrowed, db = 0 } = this.#route
    // The client of the application is shared only in database 0, where every connection begins. In any other,
    // ioredis would continue in database 0 after a failed SELECT, and the store cannot stop its reconnects.
    if (borrowed && db === 0 && databaseOf(borrowed) === 0) return borrowed
    const shared = this.#shared
    if (shared && this.#open.has(shared) && shared.status !== 'end') return shared
    this.#shared = this.#track(connect())
    return this.#shared
  }

  #track<T extends RedisClient>(client: T): T {
    this.#open.add(client)
    const failed = (error: Error): void => {
      if (!isOnlyClosed(error)) this.#failures.set(client, error)
      // After a failed SELECT, ioredis would send the queued commands to database 0. Disconnecting prevents that.
      if (isFailedSelect(error)) this.disconnect(client)
    }
    client.on('error', failed)
    client.on('end', () => this.#open.delete(client))
    if (isCluster(client)) {
      client.on('node error', failed)
      client.on('+node', (node: Redis) => this.#unref(node))
    } else this.#unref(client)
    return client
  }

  /** Unrefs the socket, so that a connection does not keep the process alive (D20), even while it is being opened. */
  #unref(client: Redis): void {
    const unrefSocket = (): void => {
      ;(client.stream as Redis['stream'] | undefined)?.unref()
    }
    client.on('connecting', () => void this.#clock.breathe().then(unrefSocket))
    client.on('connect', unrefSocket)
  }
}

export function isCluster(client: RedisClient): client is Cluster {
  return client.isCluster
}

export function databaseOf(client: RedisClient): number {
  return isCluster(client) ? 0 : (client.condition?.select ?? client.options.db ?? 0)
}

import type { Cluster, Redis } from 'ioredis'
import type { Clock } from '../../async/clock.ts'
import { untilAborted } from '../../async/signals.ts'
import { StoreError } from '../../model/errors.ts'
import type { StoreContext } from '../../model/persistent-store.ts'
import { abortedError, isFailedSelect, isOnlyClosed, isReadOnly, toRedisError } from './errors.ts'

export type RedisClient = Redis | Cluster

/** Where a database is, and how to get there. */
export interface Route {
  /** For people to read: never a credential. */
  readonly name: string
  /** A client that was handed in, and is not ours to end. */
  readonly borrowed?: RedisClient
  /** The number of the logical database. Default 0. */
  readonly db?: number
  /** Loads what clients are made of. Rejects with a {@link StoreError} if that is not installed. */
  load(): Promise<ClientFactory>
}

/** Makes another client of our own, which connects when it is first used and never by itself again. */
export type ClientFactory = () => RedisClient

/**
 * One connection for all calls that do not depend on each other, made when it is first needed and anew after it broke.
 * Nothing retries behind a caller's back: a call fails as soon as the server is found gone, and the next one tries again.
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

  /** Does something with the connection. `tried` completes "cannot …". Rejects with a {@link StoreError}. */
  withClient<T>(tried: string, signal: AbortSignal, call: (client: RedisClient) => Promise<T>): Promise<T> {
    return this.#answer(tried, signal, (connect) => this.#current(connect), call)
  }

  /** The same with a connection nobody else uses, which ends with the call. */
  withOwnClient<T>(
    tried: string,
    signal: AbortSignal,
    call: (client: RedisClient) => Promise<T>,
  ): Promise<T> {
    return this.#answer(
      tried,
      signal,
      (connect) => this.#adopt(connect()),
      async (client) => {
        try {
          return await call(client)
        } finally {
          this.disconnect(client)
        }
      },
    )
  }

  /** A connection to listen with, which the caller ends. Of a cluster any node will do. */
  async openSubscriber(channel: string, signal: AbortSignal): Promise<Redis> {
    const node = await this.withClient('listen', signal, async (client) => {
      if (!isCluster(client)) return client
      // Its nodes are known once it was asked something.
      await client.exists(channel)
      const nodes = client.nodes('master')
      const node = nodes[Math.floor(this.#random() * nodes.length)]
      if (!node) throw new Error('no node of the cluster is known')
      return node
    })
    this.#mustBeOpen('listen')
    return this.#adopt(node.duplicate({ lazyConnect: true, retryStrategy: null, enableOfflineQueue: true }))
  }

  /** Why this client of ours failed, where its calls do not say so. */
  lastErrorOf(client: RedisClient): Error | undefined {
    return this.#failures.get(client)
  }

  /** Ends a client of ours at once, whatever state its server is in. */
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

  async #answer<T>(
    tried: string,
    signal: AbortSignal,
    choose: (connect: ClientFactory) => RedisClient,
    call: (client: RedisClient) => Promise<T>,
  ): Promise<T> {
    if (signal.aborted) throw abortedError(signal, tried, this.name)
    this.#mustBeOpen(tried)
    const client = choose(this.#connect ?? (await this.#load(tried, signal)))
    try {
      return await untilAborted(call(client), signal)
    } catch (failure) {
      // Who does not answer in time is asked on another connection next time, and so is whoever became a replica. What
      // else is under way on this one fails with it.
      if (signal.aborted || isReadOnly(failure)) this.disconnect(client)
      if (signal.aborted) throw abortedError(signal, tried, this.name)
      const cause = isOnlyClosed(failure) ? (this.#failures.get(client) ?? failure) : failure
      throw toRedisError(cause, tried, this.name)
    }
  }

  async #load(tried: string, signal: AbortSignal): Promise<ClientFactory> {
    const loading = this.#route.load()
    // If the call is given up, nothing else waits for the load.
    loading.catch(() => {})
    try {
      this.#connect = await untilAborted(loading, signal)
    } catch (failure) {
      if (signal.aborted) throw abortedError(signal, tried, this.name)
      throw failure instanceof StoreError ? failure : toRedisError(failure, tried, this.name)
    }
    this.#mustBeOpen(tried)
    return this.#connect
  }

  #mustBeOpen(tried: string): void {
    if (this.#closed) throw new StoreError('unavailable', `${this.name}: cannot ${tried}: it is closed`)
  }

  #current(connect: ClientFactory): RedisClient {
    const { borrowed, db = 0 } = this.#route
    // Its connection is shared only in database 0, where every connection begins. With any other, ioredis would go on in
    // database 0 after a SELECT that failed, and its reconnects are not ours to stop.
    if (borrowed && db === 0 && databaseOf(borrowed) === 0) return borrowed
    const held = this.#shared
    if (held && this.#open.has(held) && held.status !== 'end') return held
    this.#shared = this.#adopt(connect())
    return this.#shared
  }

  #adopt<T extends RedisClient>(client: T): T {
    this.#open.add(client)
    const failed = (error: Error): void => {
      if (!isOnlyClosed(error)) this.#failures.set(client, error)
      // ioredis reports a SELECT that failed and then sends what is queued, to database 0. Ended at once, it sends nothing.
      if (isFailedSelect(error)) this.disconnect(client)
    }
    client.on('error', failed)
    client.on('end', () => this.#open.delete(client))
    if (isCluster(client)) {
      client.on('node error', failed)
      client.on('+node', (node: Redis) => this.#keepNobody(node))
    } else this.#keepNobody(client)
    return client
  }

  /** No connection of ours keeps the process alive (D20), not even one that is being made. */
  #keepNobody(client: Redis): void {
    const unref = (): void => {
      ;(client.stream as Redis['stream'] | undefined)?.unref()
    }
    client.on('connecting', () => void this.#clock.breathe().then(unref))
    client.on('connect', unref)
  }
}

export function isCluster(client: RedisClient): client is Cluster {
  return client.isCluster
}

/** Returns the number of the logical database that a client is in, or is about to select. */
export function databaseOf(client: RedisClient): number {
  return isCluster(client) ? 0 : (client.condition?.select ?? client.options.db ?? 0)
}

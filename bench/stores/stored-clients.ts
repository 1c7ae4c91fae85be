import type { LDClient } from '@launchdarkly/node-server-sdk'
import type { FlagClient as HalyardClient } from '../../src/client/flag-client.ts'
import type { ClientName, FlagClient } from '../clients/client.ts'
import { silent } from '../clients/silent.ts'

/** Addresses of service and database. */
export interface Places {
  readonly service: string
  readonly redisPort: number
}

/** A started client; resolves when it is ready. */
type Open<Place, Client = FlagClient> = (place: Place) => Promise<Client>

/** Loads a client beside a database, and resolves with a function that starts one: stream, memory, Redis. */
export async function loadWriter(name: ClientName): Promise<Open<Places>> {
  return name === 'halyard' ? loadHalyardWriter() : loadOfficialWriter()
}

export interface ReaderPlace {
  readonly redisPort: number
  readonly cacheTtlMs: number
}

/** The same for a client in daemon mode, with Redis only. */
export async function loadReader(name: ClientName): Promise<Open<ReaderPlace>> {
  return name === 'halyard' ? loadHalyardReader('lazy') : loadOfficialReader()
}

async function loadHalyardWriter(): Promise<Open<Places>> {
  const { createClient, presets } = await import('../../src/index.ts')
  const { redisStore } = await import('../../src/store/redis/redis-store.ts')
  await Promise.all([import('../../src/transport/undici.ts'), import('ioredis')])
  return async ({ service, redisPort }) => {
    const client = createClient('sdk-key', {
      dataSystem: presets.persistentStore(redisStore({ host: '127.0.0.1', port: redisPort })),
      endpoints: { polling: service, streaming: service },
      logger: silent,
    })
    await client.waitForInitialization()
    return client
  }
}

/** `snapshot`: all data is held in memory and kept current. */
export async function loadHalyardReader(
  reads: 'lazy' | 'snapshot',
): Promise<Open<ReaderPlace, HalyardClient>> {
  const { createClient, presets } = await import('../../src/index.ts')
  const { redisStore } = await import('../../src/store/redis/redis-store.ts')
  await import('ioredis')
  return async ({ redisPort, cacheTtlMs }) => {
    const store = redisStore({ host: '127.0.0.1', port: redisPort, cacheTtlMs, reads })
    const client = createClient('sdk-key', {
      dataSystem: presets.daemon(store),
      sendEvents: false,
      logger: silent,
    })
    await client.waitForInitialization()
    return client
  }
}

async function loadOfficialWriter(): Promise<Open<Places, LDClient>> {
  const { init } = await import('@launchdarkly/node-server-sdk')
  const { RedisFeatureStore } = await import('@launchdarkly/node-server-sdk-redis')
  return async ({ service, redisPort }) => {
    const client = init('sdk-key', {
      baseUri: service,
      streamUri: service,
      eventsUri: service,
      sendEvents: false,
      logger: silent,
      dataSystem: {
        dataSource: { dataSourceOptionsType: 'standard' },
        persistentStore: RedisFeatureStore({ redisOpts: { host: '127.0.0.1', port: redisPort } }),
      },
    })
    await client.waitForInitialization({ timeout: 120 })
    return client
  }
}

async function loadOfficialReader(): Promise<Open<ReaderPlace, LDClient>> {
  const { init } = await import('@launchdarkly/node-server-sdk')
  const { RedisFeatureStore } = await import('@launchdarkly/node-server-sdk-redis')
  return async ({ redisPort, cacheTtlMs }) => {
    const redisOpts = { host: '127.0.0.1', port: redisPort }
    const client = init('sdk-key', {
      sendEvents: false,
      logger: silent,
      dataSystem: {
        useLdd: true,
        persistentStore: RedisFeatureStore({ redisOpts, cacheTTL: cacheTtlMs / 1_000 }),
      },
    })
    await client.waitForInitialization({ timeout: 120 })
    return client
  }
}

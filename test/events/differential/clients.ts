import {
  init,
  type LDClient,
  type LDContext,
  PersistentDataStoreWrapper,
} from '@launchdarkly/node-server-sdk'
import { createClient } from '../../../src/client/create-client.ts'
import type { FlagClient } from '../../../src/client/flag-client.ts'
import type { Context } from '../../../src/evaluation/context.ts'
import { TestData, type TestFlag, type TestSegment } from '../../../src/testing/index.ts'
import { following } from '../../client/starting.ts'
import type { Environment } from '../../evaluation/differential/make-environment.ts'
import { database } from '../../evaluation/differential/official.ts'
import type { Call, Session } from './session.ts'
import type { SentEvent, Sink } from './sink.ts'

const nothing = (): void => {}
const silent = { debug: nothing, info: nothing, warn: nothing, error: nothing }

/** A client that executes the calls of a session. */
export interface Caller {
  /** Executes a call. Rejects with what the SDK throws. */
  readonly call: (call: Call) => Promise<unknown>
  /** Delivers all events and returns those that were delivered since the last call. */
  readonly delivered: () => Promise<readonly SentEvent[]>
  readonly close: () => void
}

export function openOfficial({ environment, options }: Session, sink: Sink): Caller {
  const sdkKey = 'official'
  const flags = new Map(environment.flags)
  const client = init(sdkKey, {
    ...options,
    privateAttributes: [...options.privateAttributes],
    eventsUri: sink.url,
    diagnosticOptOut: true,
    flushInterval: 3_600,
    useLdd: true,
    logger: silent,
    featureStore: () => new PersistentDataStoreWrapper(database({ ...environment, flags }), 0),
  })
  return callerOf(client, { sdkKey, sink, update: async (key, text) => void flags.set(key, text) })
}

/** @param random returns the random numbers that sampling draws. */
export async function openOurs(
  { environment, options }: Session,
  sink: Sink,
  random: () => number,
): Promise<Caller> {
  const sdkKey = 'halyard'
  const data = dataOf(environment)
  const client = createClient(sdkKey, {
    dataSystem: following(data),
    endpoints: { events: sink.url },
    events: { ...options, diagnosticOptOut: true, flushIntervalMs: 3_600_000 },
    logger: silent,
    random,
  })
  await client.waitForInitialization()
  const update = async (flagKey: string, text: string): Promise<void> => {
    const applied = new Promise<void>((resolve) => client.once(`update:${flagKey}`, () => resolve()))
    data.set(JSON.parse(text) as TestFlag)
    await applied
  }
  return callerOf(client, { sdkKey, sink, update })
}

function dataOf({ flags, segments }: Environment): TestData {
  const parsed = <T>(texts: ReadonlyMap<string, string>): readonly T[] =>
    [...texts.values()].map((text) => JSON.parse(text) as T)
  return new TestData({ flags: parsed<TestFlag>(flags), segments: parsed<TestSegment>(segments) })
}

interface Surroundings {
  readonly sdkKey: string
  readonly sink: Sink
  readonly update: (flagKey: string, text: string) => Promise<void>
}

function callerOf(client: LDClient | FlagClient, { sdkKey, sink, update }: Surroundings): Caller {
  return {
    async call(call) {
      switch (call.type) {
        case 'flush':
          return client.flush()
        case 'update':
          return update(call.flagKey, call.text)
        case 'identify':
          return client.identify(call.context as LDContext & Context)
        case 'track':
          return client.track(
            call.key,
            call.context as LDContext & Context,
            call.data,
            call.metricValue as number,
          )
        case 'allFlagsState':
          return client.allFlagsState(call.context as LDContext & Context)
        default:
          return client[call.type](call.key, call.context as LDContext & Context, call.defaultValue as never)
      }
    },
    async delivered() {
      await client.flush()
      return sink.take(sdkKey)
    },
    close: () => void client.close(),
  }
}

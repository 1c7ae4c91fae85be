import {
  init,
  type interfaces,
  type LDClient,
  type LDContext,
  type LDEvaluationDetail,
  PersistentDataStoreWrapper,
} from '@launchdarkly/node-server-sdk'
import type { Environment } from './make-environment.ts'
import { membersOf } from './members.ts'

/** The result of the official SDK, or the fact that it threw. */
export type OfficialAnswer = LDEvaluationDetail | 'threw'

/** The state of all flags: their values by key, and their metadata. */
export interface OfficialState {
  readonly [key: string]: unknown
  readonly $flagsState: Readonly<Record<string, Readonly<Record<string, unknown>>>>
}

/** The fallback value for the official SDK. */
const FALLBACK = { fallback: true }

const nothing = (): void => {}
const silent = { debug: nothing, info: nothing, warn: nothing, error: nothing }

/**
 * An official client with an environment. It reads its data as from a shared database: each JSON text is parsed as data of
 * the network is, and one malformed item does not affect the others.
 */
export class Official {
  readonly #client: LDClient

  constructor(environment: Environment) {
    this.#client = init('sdk-key', {
      useLdd: true,
      sendEvents: false,
      logger: silent,
      featureStore: () => new PersistentDataStoreWrapper(database(environment), 3_600),
      bigSegments: { store: () => bigSegments },
    })
  }

  async evaluate(key: string, context: unknown): Promise<OfficialAnswer> {
    try {
      return await this.#client.variationDetail(key, context as LDContext, FALLBACK)
    } catch {
      return 'threw'
    }
  }

  /** Returns the prerequisites that it evaluated for each flag, which only allFlagsState reports. */
  async prerequisites(context: unknown): Promise<ReadonlyMap<string, readonly string[]>> {
    const state = await this.#client.allFlagsState(context as LDContext)
    const about = (state.toJSON() as { $flagsState: Record<string, { prerequisites?: string[] }> })
      .$flagsState
    return new Map(Object.entries(about).map(([key, { prerequisites = [] }]) => [key, prerequisites]))
  }

  /** Returns the state of all flags with their reasons; undefined if it is not valid, or if the SDK threw. */
  async state(context: unknown): Promise<OfficialState | undefined> {
    try {
      const state = await this.#client.allFlagsState(context as LDContext, { withReasons: true })
      return state.valid ? (state.toJSON() as unknown as OfficialState) : undefined
    } catch {
      return undefined
    }
  }

  close(): void {
    this.#client.close()
  }
}

const bigSegments: interfaces.BigSegmentStore = {
  getMetadata: async () => ({ lastUpToDate: Date.now() }),
  getUserMembership: async (hash) => membersOf(hash),
  close: nothing,
}

export function database({ flags, segments }: Environment): interfaces.PersistentDataStore {
  const texts = ({ namespace }: interfaces.PersistentStoreDataKind): ReadonlyMap<string, string> =>
    namespace === 'features' ? flags : segments
  const described = (serializedItem: string): interfaces.SerializedItemDescriptor => ({
    version: 1,
    deleted: false,
    serializedItem,
  })
  return {
    init: (_data, done) => done(),
    get(kind, key, done) {
      const text = texts(kind).get(key)
      done(text === undefined ? undefined : described(text))
    },
    getAll(kind, done) {
      done([...texts(kind)].map(([key, text]) => ({ key, item: described(text) })))
    },
    upsert: (_kind, _key, _item, done) => done(undefined),
    initialized: (done) => done(true),
    close: nothing,
    getDescription: () => 'texts',
  }
}

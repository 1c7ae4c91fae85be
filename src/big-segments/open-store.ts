import { callSafely } from '../async/call-safely.ts'
import { untilAborted } from '../async/signals.ts'
import type {
  BigSegmentMembership,
  BigSegmentMetadata,
  BigSegmentStore,
  BigSegmentStoreDescription,
} from '../model/big-segment-store.ts'
import { errorText, reasonOf } from '../model/error-text.ts'
import { ConfigError, HalyardError, StoreError } from '../model/errors.ts'
import { isJsonObject } from '../model/json.ts'
import type { StoreContext } from '../model/persistent-store.ts'
import { hasMethod } from '../options/schemas.ts'

/** A store of big segments in the form of the official SDK, which an application may implement. */
export interface CustomBigSegmentStore {
  /** Returns the time of the last synchronization, in milliseconds since the Unix epoch. Absent if there was none. */
  getMetadata(): Promise<{ readonly lastUpToDate?: number } | undefined>
  /**
   * Returns the segments that include (true) or exclude (false) a context, by references such as `beta.g4`.
   *
   * @param userHash - the SHA-256 of the context key, in Base64.
   */
  getUserMembership(userHash: string): Promise<{ readonly [reference: string]: boolean } | undefined>
  /** Releases the resources of the store. */
  close(): void
}

/** A function that creates a store, as the packages of LaunchDarkly return it. It receives `basicConfiguration.logger`. */
export type BigSegmentStoreFactory = (context: never) => CustomBigSegmentStore

interface OpenStoreContext extends StoreContext {
  readonly sdkKey: string
}

const NAME = 'the custom store'
const PATH = 'options.bigSegments.store'

/**
 * Opens the store of the option `bigSegments`.
 *
 * @throws {@link ConfigError} if a function of the application throws or returns no store.
 */
export function openBigSegmentStore(
  store: BigSegmentStoreDescription | BigSegmentStoreFactory,
  context: OpenStoreContext,
): BigSegmentStore {
  return typeof store === 'function' ? openCustomStore(store, context) : store.openBigSegments(context)
}

/**
 * Creates a store of the application. Every call ends when its signal aborts, and rejects with a {@link StoreError}, also if
 * the store ignores the time limit, throws, or returns an invalid value.
 */
function openCustomStore(factory: BigSegmentStoreFactory, context: OpenStoreContext): BigSegmentStore {
  const custom = create(factory, context)
  return {
    name: NAME,
    metadata: (signal) => ask('getMetadata', () => custom.getMetadata(), signal).then(readMetadata),
    membership: (hash, signal) =>
      ask('getUserMembership', () => custom.getUserMembership(hash), signal).then(readMembership),
    close: () => {
      callSafely<unknown>(
        () => custom.close(),
        (error) => context.logger.warn(`big segments: closing ${NAME} failed: ${errorText(error)}`),
      )
      return Promise.resolve()
    },
  }
}

function create(
  factory: BigSegmentStoreFactory,
  { sdkKey, logger }: OpenStoreContext,
): CustomBigSegmentStore {
  const expected = 'a function that returns an object with getMetadata, getUserMembership and close'
  const store = ((): unknown => {
    try {
      return factory({ basicConfiguration: { sdkKey, logger, offline: false } } as never)
    } catch (cause) {
      if (cause instanceof HalyardError) throw cause
      throw new ConfigError([{ path: PATH, expected, received: 'one that throws' }], { cause })
    }
  })()
  if (['getMetadata', 'getUserMembership', 'close'].every((name) => hasMethod(store, name)))
    return store as CustomBigSegmentStore
  throw new ConfigError([{ path: PATH, expected, received: 'one that returns something else' }])
}

async function ask(method: string, call: () => unknown, signal: AbortSignal): Promise<Answer> {
  try {
    return { method, value: await untilAborted(Promise.resolve(call()), signal) }
  } catch (error) {
    throw new StoreError('unavailable', `${method} of ${NAME}: ${reasonOf(error)}`, { cause: error })
  }
}

interface Answer {
  readonly method: string
  readonly value: unknown
}

function readMetadata({ method, value }: Answer): BigSegmentMetadata {
  const time = isJsonObject(value) ? (value.lastUpToDate ?? undefined) : undefined
  if (!isObjectOrNothing(value) || (time !== undefined && typeof time !== 'number')) throw invalid(method)
  return { synchronizedOn: Number.isFinite(time) ? time : undefined }
}

function readMembership({ method, value }: Answer): BigSegmentMembership {
  if (!isObjectOrNothing(value)) throw invalid(method)
  const membership = new Map<string, boolean>()
  for (const [reference, isMember] of Object.entries(value ?? {})) {
    if (isMember === undefined || isMember === null) continue
    if (typeof isMember !== 'boolean') throw invalid(method)
    membership.set(reference, isMember)
  }
  return membership
}

function isObjectOrNothing(value: unknown): value is object | null | undefined {
  return value === undefined || value === null || isJsonObject(value)
}

function invalid(method: string): StoreError {
  return new StoreError('unavailable', `${method} of ${NAME} returned an invalid value`)
}

import * as watchdog from '../../src/async/watchdog.ts'
import * as conditions from '../../src/datasystem/conditions.ts'
import * as following from '../../src/datasystem/follow.ts'
import * as handling from '../../src/datasystem/handle.ts'
import { SourceRun } from '../../src/datasystem/source.ts'
import * as statuses from '../../src/datasystem/status.ts'
import * as turns from '../../src/datasystem/turn.ts'
import * as endpoints from '../../src/exchange/endpoint.ts'
import * as polls from '../../src/exchange/poll.ts'
import {
  type AppliedChangeSet,
  type Change,
  type ItemLookup,
  isKind,
  KINDS,
  type PutChange,
} from '../../src/model/change-set.ts'
import type { JsonObject } from '../../src/model/json.ts'
import * as decoding from '../../src/protocol/decoder.ts'
import * as directives from '../../src/protocol/events.ts'
import * as patches from '../../src/protocol/patch.ts'
import * as events from '../../src/protocol/read-event.ts'
import * as advancing from '../../src/selector/advance.ts'
import type { Selector } from '../../src/selector/selector.ts'
import * as comparing from '../../src/store/changed-keys.ts'
import { MemoryStore } from '../../src/store/memory-store.ts'
import * as polling from '../../src/synchronizers/polling.ts'
import * as streaming from '../../src/synchronizers/streaming.ts'
import * as redirects from '../../src/transport/redirects.ts'
import type { Seams } from './seams.ts'

/** A mistake that the simulation must detect, and the function that makes it by replacing exports or methods. */
export interface Mutant {
  readonly name: string
  readonly plant: (seams: Seams) => void
}

const mutant = (name: string, plant: Mutant['plant']): Mutant => ({ name, plant })

/** Makes memory apply another change set than the received one. */
function applying(
  seams: Seams,
  change: (store: MemoryStore, received: AppliedChangeSet) => AppliedChangeSet,
) {
  seams.replace(
    MemoryStore.prototype,
    'apply',
    (apply) =>
      function (this: MemoryStore, changeSet) {
        return apply.call(this, change(this, changeSet))
      },
  )
}

/** Replaces the decoding of events for which `decode` returns a result. */
function decodingAs(seams: Seams, decode: (event: string) => decoding.Decoded | undefined): void {
  seams.replace(
    decoding.Decoder.prototype,
    'decode',
    (original) =>
      function (this: decoding.Decoder, event, data) {
        return decode(event) ?? original.call(this, event, data)
      },
  )
}

const asUnknown = <T extends Change>(
  read: T | events.Malformed | events.LeftOut,
): T | events.LeftOut | 'unknown kind' =>
  typeof read !== 'string' && 'malformed' in read ? 'unknown kind' : read

/** Mistakes that other data systems contained, and some that were found during the development of this one. */
export const MUTANTS: readonly Mutant[] = [
  mutant('half a payload survives into the next connection', (seams) => {
    const decoders = new WeakMap<ItemLookup, decoding.Decoder>()
    seams.replace(
      decoding,
      'Decoder',
      (Decoder) =>
        class extends Decoder {
          constructor(held: ItemLookup = () => undefined) {
            super(held)
            const first = decoders.get(held)
            // biome-ignore lint/correctness/noConstructorReturn: this is the mistake.
            if (first) return first
            decoders.set(held, this)
          }
        },
    )
  }),
  mutant('a reconnect uses the basis of the first connection', (seams) => {
    seams.replace(streaming, 'streamingSynchronizer', (original) => (options) => {
      const bases = new WeakMap<AbortSignal, { readonly basis: Selector | undefined }>()
      return original({
        ...options,
        connect(basis, signal, held) {
          const first = bases.get(signal) ?? { basis }
          bases.set(signal, first)
          return options.connect(first.basis, signal, held)
        },
      })
    })
  }),
  mutant('the basis is not percent-encoded', (seams) => {
    const decoded = (url: string): string =>
      url.replace(/basis=([^&]*)/, (_, basis: string) => `basis=${decodeURIComponent(basis)}`)
    seams.replace(
      redirects,
      'getFollowing',
      (get) => (transport, request) => get(transport, { ...request, url: decoded(request.url) }),
    )
  }),
  mutant('memory compares versions', (seams) => {
    applying(seams, (store, received) => ({
      ...received,
      changes: received.changes.filter(
        ({ kind, key, version }) =>
          received.type === 'full' || (store.get(kind, key)?.version ?? -Infinity) < version,
      ),
    }))
  }),
  mutant('a full payload is merged instead of replacing', (seams) => {
    applying(seams, (store, received) => {
      if (received.type !== 'full') return received
      const held = KINDS.flatMap((kind) =>
        [...store.all(kind).values()].map((item): PutChange => ({ ...item, op: 'put', kind })),
      )
      return { ...received, changes: [...held, ...received.changes] }
    })
  }),
  mutant('an empty delta does not move the selector', (seams) => {
    seams.replace(advancing, 'advance', (advance) => (current, transfer) => {
      const isEmpty = 'changes' in transfer && (transfer.changes as readonly Change[]).length === 0
      return transfer.type === 'partial' && isEmpty ? current : advance(current, transfer)
    })
  }),
  mutant('the selector of an unnamed payload is kept', (seams) => {
    seams.replace(advancing, 'advance', (advance) => (current, transfer) => {
      return advance(current, transfer) ?? (transfer.type === 'full' ? current : undefined)
    })
  }),
  mutant('an error event does not drop the pending payload', (seams) => {
    decodingAs(seams, (event) => (event === 'error' ? { type: 'aborted', reason: 'error' } : undefined))
  }),
  mutant('a malformed event is skipped and the payload committed without it', (seams) => {
    seams.replace(events, 'readPut', (read) => (data) => asUnknown(read(data)))
    seams.replace(events, 'readDelete', (read) => (data) => asUnknown(read(data)))
  }),
  mutant('a patch changes the held object before its payload is complete', (seams) => {
    seams.replace(patches, 'applyOperations', (apply) => (held, patch) => {
      const patched = apply(held, patch)
      if (patched.type === 'patched') Object.assign(held, patched.object)
      return patched
    })
  }),
  mutant('a put of an unknown kind is held as a flag', (seams) => {
    seams.replace(events, 'readPut', (read) => (data: JsonObject) => {
      return read(isKind(data.kind) ? data : { ...data, kind: 'flag' })
    })
  }),
  mutant('a deletion is ignored', (seams) => {
    seams.replace(events, 'readDelete', () => () => 'unknown kind')
  }),
  mutant('a goodbye is ignored', (seams) => {
    decodingAs(seams, (event) => (event === 'goodbye' ? { type: 'ignored' } : undefined))
  }),
  mutant('the status is valid when a stream opens', (seams) => {
    seams.replace(handling, 'handle', (handle) => (parts, source, result) => {
      if (result.type === 'activity') parts.status.report({ type: 'data', source: source.name })
      handle(parts, source, result)
    })
  }),
  mutant('every byte resets the age of the data', (seams) => {
    seams.replace(handling, 'handle', (handle) => (parts, source, result) => {
      if (result.type === 'activity') parts.status.heartbeat(source.name)
      handle(parts, source, result)
    })
  }),
  mutant('an interruption leaves the status valid', (seams) => {
    seams.replace(statuses, 'nextStatus', (next) => (status, event, now) => {
      return event.type === 'interruption' && status.state === 'valid' ? status : next(status, event, now)
    })
  }),
  mutant('a stale candidate is applied', (seams) => {
    seams.replaceGetter(MemoryStore.prototype, 'revision', () => 0)
  }),
  mutant('a fallback source writes on after a takeover', (seams) => {
    seams.replace(
      turns,
      'Turn',
      (Turn) =>
        class extends Turn {
          readonly #writeOn: () => void
          constructor(...parameters: ConstructorParameters<typeof turns.Turn>) {
            super(...parameters)
            const [{ parts, signal }, active] = parameters
            this.#writeOn = () =>
              void following.follow(parts, new SourceRun(active.source, parts.store, signal), () => {})
          }
          override async take() {
            const end = await super.take()
            if (end.type === 'takeover') this.#writeOn()
            return end
          }
        },
    )
  }),
  mutant('redirects are followed to any host', (seams) => {
    seams.replace(redirects, 'getFollowing', (get) => async (transport, request) => {
      const response = await transport.request({ ...request, method: 'GET' })
      const { location } = response.headers
      if (response.status < 301 || response.status > 308 || response.status === 304 || !location)
        return response
      return get(transport, { ...request, url: URL.parse(location, request.url)?.href ?? request.url })
    })
  }),
  mutant('an unrequested 304 counts as data', (seams) => {
    seams.replace(polls, 'fdv2Poll', (newPoll) => (endpoint) => {
      const poll = newPoll(endpoint)
      return async function* (basis, signal, held) {
        for await (const result of poll(basis, signal, held)) {
          const is304 = 'error' in result && result.error.status === 304
          yield is304 ? { type: 'changeSet', changeSet: { type: 'none' } } : result
        }
      }
    })
  }),
  mutant('a poll is repeated at once', (seams) => {
    seams.replace(
      polling,
      'pollingSynchronizer',
      (original) => (options) => original({ ...options, intervalMs: 100 }),
    )
  }),
  mutant('a source that hangs before its first data is never left', (seams) => {
    seams.replace(conditions, 'fallbackCondition', () => () => ({ observe() {}, stop() {} }))
  }),
  mutant('a silent stream is never closed', (seams) => {
    seams.replace(watchdog, 'startWatchdog', (start) => (clock, silenceMs) => {
      return start(clock, silenceMs, () => {})
    })
  }),
  mutant('a stream waits for headers until it counts as silent', (seams) => {
    seams.replace(endpoints, 'startAttempt', (start) => (...parameters) => {
      const attempt = start(...parameters)
      let hasHeaders = false
      return {
        ...attempt,
        abandon: (reason) => {
          if (hasHeaders) attempt.abandon(reason)
        },
        watch(body) {
          hasHeaders = true
          return attempt.watch(body)
        },
      }
    })
  }),
  mutant('a closed connection leaves its watchdog armed', (seams) => {
    seams.replace(watchdog, 'startWatchdog', (start) => (clock, silenceMs, onSilence) => {
      return { ...start(clock, silenceMs, onSilence), stop() {} }
    })
  }),
  mutant('the change event reports higher versions only', (seams) => {
    seams.replace(comparing, 'changedKeys', (compare) => (store, changeSet) => {
      return compare(store, {
        ...changeSet,
        changes: changeSet.changes.map((change) => {
          const held = store.get(change.kind, change.key)
          return change.op === 'put' && held && change.version <= held.version
            ? { ...change, object: held.object }
            : change
        }),
      })
    })
  }),
  mutant('an order to use FDv1 ends too soon', (seams) => {
    const sooner: <D extends { readonly ttlSeconds?: number } | undefined>(directive: D) => D = (
      directive,
    ) =>
      directive?.ttlSeconds === undefined
        ? directive
        : { ...directive, ttlSeconds: directive.ttlSeconds / 10 }
    seams.replace(directives, 'directiveOf', (read) => (headers) => sooner(read(headers)))
    seams.replace(directives, 'directiveOfGoodbye', (read) => (data) => sooner(read(data)))
  }),
]

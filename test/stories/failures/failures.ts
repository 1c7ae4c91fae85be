import { presets } from '../../../src/config/presets.ts'
import { toEventStream } from '../../../src/protocol/encoder.ts'
import type { Failure } from './failure.ts'
import {
  type Behaviour,
  cutMidPayload,
  GOODBYE,
  hanging,
  htmlPage,
  refused,
  type Service,
  sends,
  sendsAndEnds,
  status,
  workingPoll,
  workingStream,
} from './service.ts'

const SECOND = 1_000
const MINUTE = 60 * SECOND

const OVERSIZE = `event: put-object\ndata: ${'x'.repeat(2_000)}\n\n`
const MALFORMED = 'event: put-object\ndata: {"kind":"flag"\n\n'
const ORDER = { 'x-ld-fd-fallback': 'true', 'x-ld-fd-fallback-ttl': '600' }

/** Returns a failure that resets the open streams and gives this answer to new ones. */
function streamIs(behaviour: Behaviour): Pick<Failure, 'from' | 'strike' | 'repair'> {
  return {
    from: 'running',
    strike(service) {
      service.stream = behaviour
      service.cut()
    },
    repair: restore,
  }
}

/** Returns a failure that resets the open streams and gives this answer to new streams and polls. */
function allIs(behaviour: Behaviour): Pick<Failure, 'from' | 'strike' | 'repair'> {
  return {
    ...streamIs(behaviour),
    strike(service) {
      service.stream = behaviour
      service.poll = behaviour
      service.cut()
    },
  }
}

/** Returns a failure that ends at the moment it begins. */
function momentary(strike: Failure['strike']): Pick<Failure, 'from' | 'strike'> {
  return { from: 'running', strike }
}

function restore(service: Service): void {
  service.stream = workingStream
  service.poll = workingPoll
  // Open connections may be unusable. A server that was restarted has closed them.
  service.cut()
}

/** In the order of docs/failures.md. */
export const FAILURES: readonly Failure[] = [
  { name: 'stream refused', ...streamIs(refused) },
  { name: 'stream answers 503', ...streamIs(status(503)) },
  { name: 'stream dropped once', ...momentary((service) => service.cut()) },
  { name: 'dropped, then hangs before headers', ...streamIs(hanging) },
  { name: 'hangs before headers from the start', ...streamIs(hanging), from: 'start' },
  { name: 'open connection goes silent, new ones work', ...momentary((service) => service.lose()) },
  {
    name: 'silent, and new connections too',
    ...streamIs(sends('')),
    strike(service) {
      service.stream = sends('')
      service.lose()
    },
  },
  { name: 'silent after 200 from the start', ...streamIs(sends('')), from: 'start' },
  { name: 'flapping without data', ...streamIs(sendsAndEnds(() => '')) },
  {
    name: 'flapping with data',
    ...streamIs(sendsAndEnds((service, basis) => toEventStream(service.since(basis)))),
    lastsMs: 10 * MINUTE,
    changesAfterMs: 5 * MINUTE,
  },
  { name: 'cut in the midst of every payload', ...streamIs(cutMidPayload) },
  {
    name: 'goodbye',
    ...momentary((service) => {
      service.send(GOODBYE)
      service.end()
    }),
  },
  { name: 'goodbye at every connect', ...streamIs(sendsAndEnds(() => GOODBYE)) },
  { name: '401 on the stream', ...streamIs(status(401)) },
  { name: '401 on everything', ...allIs(status(401)), lastsMs: 5 * MINUTE },
  { name: 'malformed event', ...momentary((service) => service.send(MALFORMED)) },
  { name: 'HTML page in place of the stream', ...streamIs(htmlPage) },
  { name: 'HTML page in place of everything', ...allIs(htmlPage), lastsMs: 10 * MINUTE },
  {
    name: 'event over the limit at every connect',
    ...streamIs(sends(OVERSIZE)),
    limits: { maxEventBytes: 1_000 },
  },
  { name: 'everything refused for 10 min', ...allIs(refused), lastsMs: 10 * MINUTE },
  {
    name: 'server restart with lost history',
    ...momentary((service) => {
      service.forget()
      service.cut()
    }),
  },
  {
    name: '503 with Retry-After 20 for 15 s',
    ...streamIs(status(503, { 'retry-after': '20' })),
    lastsMs: 15 * SECOND,
  },
  { name: '503 with Retry-After 120', ...streamIs(status(503, { 'retry-after': '120' })) },
  { name: 'FDv1 ordered for 10 min, with an FDv1 source', ...allIs(status(503, ORDER)), lastsMs: 5 * MINUTE },
  {
    name: 'FDv1 ordered for 10 min, without an FDv1 source',
    ...allIs(status(503, ORDER)),
    lastsMs: 5 * MINUTE,
    plan: { ...presets.default(), fdv1Fallback: null },
  },
  { name: 'everything dead at the start for 60 s', ...allIs(refused), from: 'start', lastsMs: MINUTE },
  {
    name: 'initializer hangs',
    from: 'start',
    strike(service) {
      service.poll = hanging
    },
  },
]

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
  saying,
  saysAndEnds,
  status,
  wellPoll,
  wellStream,
} from './service.ts'

const SECOND = 1_000
const MINUTE = 60 * SECOND

const OVERSIZE = `event: put-object\ndata: ${'x'.repeat(2_000)}\n\n`
const MALFORMED = 'event: put-object\ndata: {"kind":"flag"\n\n'
const ORDER = { 'x-ld-fd-fallback': 'true', 'x-ld-fd-fallback-ttl': '600' }

/** The open streams are reset, and new ones meet this. */
function streamIs(behaviour: Behaviour): Pick<Failure, 'from' | 'strike' | 'repair'> {
  return {
    from: 'running',
    strike(service) {
      service.stream = behaviour
      service.cut()
    },
    repair: mend,
  }
}

/** Streams and polls meet this. */
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

/** Over in the moment it happens. */
function moment(strike: Failure['strike']): Pick<Failure, 'from' | 'strike'> {
  return { from: 'running', strike }
}

function mend(service: Service): void {
  service.stream = wellStream
  service.poll = wellPoll
  // What is open may be as good as dead; a server that comes back has closed it.
  service.cut()
}

/** In the order of docs/failures.md. */
export const FAILURES: readonly Failure[] = [
  { name: 'stream refused', ...streamIs(refused) },
  { name: 'stream answers 503', ...streamIs(status(503)) },
  { name: 'stream dropped once', ...moment((service) => service.cut()) },
  { name: 'dropped, then hangs before headers', ...streamIs(hanging) },
  { name: 'hangs before headers from the start', ...streamIs(hanging), from: 'start' },
  { name: 'open connection goes silent, new ones work', ...moment((service) => service.lose()) },
  {
    name: 'silent, and new connections too',
    ...streamIs(saying('')),
    strike(service) {
      service.stream = saying('')
      service.lose()
    },
  },
  { name: 'silent after 200 from the start', ...streamIs(saying('')), from: 'start' },
  { name: 'flapping without data', ...streamIs(saysAndEnds(() => '')) },
  {
    name: 'flapping with data',
    ...streamIs(saysAndEnds((service, basis) => toEventStream(service.since(basis)))),
    lastsMs: 10 * MINUTE,
    changesAfterMs: 5 * MINUTE,
  },
  { name: 'cut in the midst of every payload', ...streamIs(cutMidPayload) },
  {
    name: 'goodbye',
    ...moment((service) => {
      service.say(GOODBYE)
      service.end()
    }),
  },
  { name: 'goodbye at every connect', ...streamIs(saysAndEnds(() => GOODBYE)) },
  { name: '401 on the stream', ...streamIs(status(401)) },
  { name: '401 on everything', ...allIs(status(401)), lastsMs: 5 * MINUTE },
  { name: 'malformed event', ...moment((service) => service.say(MALFORMED)) },
  { name: 'HTML page in place of the stream', ...streamIs(htmlPage) },
  { name: 'HTML page in place of everything', ...allIs(htmlPage), lastsMs: 10 * MINUTE },
  {
    name: 'event over the limit at every connect',
    ...streamIs(saying(OVERSIZE)),
    limits: { maxEventBytes: 1_000 },
  },
  { name: 'everything refused for 10 min', ...allIs(refused), lastsMs: 10 * MINUTE },
  {
    name: 'server restart with lost history',
    ...moment((service) => {
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

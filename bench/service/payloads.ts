import type { PutChange } from '../../src/model/change-set.ts'
import type { Flag, Segment } from '../../src/model/flag.ts'
import { encodeChangeSet, type PayloadInfo, toEventStream, toPollBody } from '../../src/protocol/encoder.ts'
import { buildEnvironment } from './environment.ts'
import { type Frames, joinFrames } from './frames.ts'
import { LAST_KEY, type ServiceSpec } from './spec.ts'
import { tickFlag } from './tick-flag.ts'

/** All payloads of the service, as bytes. */
export interface Payloads {
  readonly poll: Buffer
  /** The first event of an FDv1 stream, with all data. */
  readonly fdv1: () => Buffer
  /** The first events of every stream: intent `none`. */
  readonly greeting: Buffer
  /** One transaction with one flag each. */
  readonly changes: Frames
  /** The transaction that ends a burst, with the flag for which subjects wait. */
  readonly last: Frames
  /** The transaction of one tick. */
  readonly tick: (index: number) => Buffer
}

export function buildPayloads(spec: ServiceSpec): Payloads {
  const { flags, changes, framing } = spec
  const { flags: held, segments } = buildEnvironment(spec)
  const everything = [
    ...held.map((flag) => put('flag', flag)),
    ...segments.map((segment) => put('segment', segment)),
  ]
  const poll = toPollBody(encodeChangeSet({ type: 'full', changes: everything }, info(1)))
  const updates = function* (): Generator<string> {
    for (let index = 0; index < changes; index++) yield update(held[index % flags] as Flag, index + 2)
  }
  return {
    poll: Buffer.from(poll),
    fdv1: () => Buffer.from(toFdv1Put(held, segments)),
    greeting: Buffer.from(toEventStream(encodeChangeSet({ type: 'none' }, info(1)))),
    changes: joinFrames(updates(), framing),
    last: joinFrames([update({ ...held[0], key: LAST_KEY }, changes + 2)], framing),
    tick: (index) => Buffer.from(toTransaction(tickFlag(held[0] as Flag, index), index + 2)),
  }
}

function update(flag: Flag, version: number): string {
  return toTransaction({ ...flag, version: 1_000 + version, on: version % 2 === 0 }, version)
}

function toTransaction(flag: Flag, version: number): string {
  const change = put('flag', flag)
  const [, ...events] = encodeChangeSet({ type: 'partial', changes: [change] }, info(version))
  return toEventStream(events)
}

function toFdv1Put(flags: readonly Flag[], segments: readonly Segment[]): string {
  const byKey = (items: readonly (Flag | Segment)[]): object =>
    Object.fromEntries(items.map((item) => [item.key, item]))
  const data = { path: '/', data: { flags: byKey(flags), segments: byKey(segments) } }
  return `event: put\ndata: ${JSON.stringify(data)}\n\n`
}

function put(kind: 'flag' | 'segment', object: Flag | Segment): PutChange {
  const { key = '', version = 0 } = object
  return { op: 'put', kind, key, version, object }
}

function info(version: number): PayloadInfo {
  return { id: 'bench', target: { state: `(p:bench:${version})`, version }, reason: 'update' }
}

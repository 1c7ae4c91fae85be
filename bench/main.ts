import { benchDeltas } from './deltas.ts'
import { benchEvaluation } from './evaluation/evaluation.ts'
import { benchEvalx } from './evalx/evalx.ts'
import { benchEvents } from './events/events.ts'
import { benchInit } from './init.ts'
import { type BenchmarkName, type BenchOptions, readOptions } from './options.ts'
import { benchPropagation } from './propagation/propagation.ts'
import { benchRelay, benchRelayEvents, benchRelayPings } from './relay/relay.ts'
import { benchStores } from './stores/stores.ts'

const RUN: Readonly<Record<BenchmarkName, (options: BenchOptions) => Promise<void>>> = {
  init: benchInit,
  deltas: benchDeltas,
  evaluation: benchEvaluation,
  events: benchEvents,
  propagation: benchPropagation,
  stores: benchStores,
  relay: benchRelay,
  'relay-pings': benchRelayPings,
  'relay-events': benchRelayEvents,
  evalx: benchEvalx,
}

const options = readOptions(process.argv.slice(2))
console.log('Ratios of one interleaved run; the absolute numbers belong to this machine and this moment.')
for (const name of options.benchmarks) await RUN[name](options)

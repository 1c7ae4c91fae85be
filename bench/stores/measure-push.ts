import { ask } from '../ask.ts'
import { given, tell } from '../child.ts'
import type { ClientName, FlagClient } from '../clients/client.ts'
import { USERS } from '../evaluation/contexts.ts'
import { quantile } from '../median.ts'
import { now } from '../propagation/now.ts'
import { quiet } from '../quiet.ts'
import { TICK_KEY, type TicksRequest } from '../service/spec.ts'
import { stay } from './stay.ts'
import { loadReader, type Places } from './stored-clients.ts'

/** Measures the time until changes by another process are visible, in this process. */
export interface PushSpec extends TicksRequest, Places {
  readonly name: ClientName
  /** `event`: evaluates when a listener is called. `spin`: evaluates once per turn of the event loop. */
  readonly watch: 'event' | 'spin'
}

/** Milliseconds from the service's write to the evaluation with the new value. */
export interface Pushed {
  readonly p50: number
  readonly p99: number
}

/** TTL of the cache. Halyard is notified of changes; the official SDK is not. */
const TTL_MS: Readonly<Record<ClientName, number>> = { halyard: 30_000, official: 1_000 }

stay()
tell(await main(given<PushSpec>()))

async function main({ name, watch, service, redisPort, ticks, everyMs }: PushSpec): Promise<Pushed> {
  const client = await (await loadReader(name))({ redisPort, cacheTtlMs: TTL_MS[name] })
  const seenAt: number[] = []
  const events = Promise.withResolvers<void>()
  if (watch === 'event') {
    client.on(`update:${TICK_KEY}`, () => {
      void look(client, seenAt).then(() => {
        if (seenAt.length >= ticks) events.resolve()
      })
    })
  }
  await client.numberVariation(TICK_KEY, USERS[0], -1)
  await quiet()
  const seen = watch === 'event' ? events.promise : spin(client, seenAt, ticks)
  const written = JSON.parse(
    await ask(`${service}/ticks?ticks=${ticks}&everyMs=${everyMs}`),
  ) as readonly number[]
  await seen
  const latencies = written.map((at, index) => (seenAt[index] ?? Number.NaN) - at)
  return { p50: quantile(latencies, 0.5), p99: quantile(latencies, 0.99) }
}

async function spin(client: FlagClient, seenAt: number[], ticks: number): Promise<void> {
  while (seenAt.length < ticks) {
    await new Promise((resolve) => setImmediate(resolve))
    await look(client, seenAt)
  }
}

/** Records the time for every tick up to the visible one. */
async function look(client: FlagClient, seenAt: number[]): Promise<void> {
  const latest = await client.numberVariation(TICK_KEY, USERS[0], -1)
  while (seenAt.length <= latest) seenAt.push(now())
}

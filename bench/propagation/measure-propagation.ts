import { ask } from '../ask.ts'
import { given, tell } from '../child.ts'
import type { ClientName, FlagClient } from '../clients/client.ts'
import { openClient } from '../clients/open-client.ts'
import { USERS } from '../evaluation/contexts.ts'
import { quantile } from '../median.ts'
import { quiet } from '../quiet.ts'
import { TICK_KEY, type TicksRequest } from '../service/spec.ts'
import { now } from './now.ts'

/** `event`: evaluates when a listener is called. `spin`: evaluates once per turn of the event loop. */
export type Watch = 'event' | 'spin'

/** Measures the time until changes are visible, in this process. */
export interface PropagationSpec extends TicksRequest {
  readonly name: ClientName
  readonly watch: Watch
  readonly url: string
}

/** Milliseconds from the server's write to the evaluation with the new value. */
export interface Latency {
  /** Of the first change. Subjects that compute dependents on demand do it here. */
  readonly first: number
  readonly p50: number
  readonly p99: number
}

tell(await main(given<PropagationSpec>()))

async function main({ name, watch, url, ticks, everyMs }: PropagationSpec): Promise<Latency> {
  const client = await openClient(name, url)
  await ask(`${url}/connected`)
  await quiet()
  const seen = watch === 'event' ? seenByEvent(client, ticks) : seenBySpinning(client, ticks)
  const written = JSON.parse(await ask(`${url}/ticks?ticks=${ticks}&everyMs=${everyMs}`)) as readonly number[]
  const seenAt = await seen
  const latencies = written.map((at, index) => (seenAt[index] ?? Number.NaN) - at)
  return { first: latencies[0] ?? Number.NaN, p50: quantile(latencies, 0.5), p99: quantile(latencies, 0.99) }
}

function seenByEvent(client: FlagClient, ticks: number): Promise<readonly number[]> {
  return new Promise((resolve) => {
    const seenAt: number[] = []
    client.on(`update:${TICK_KEY}`, () => {
      void look(client, seenAt).then(() => {
        if (seenAt.length === ticks) resolve(seenAt)
      })
    })
  })
}

async function seenBySpinning(client: FlagClient, ticks: number): Promise<readonly number[]> {
  const seenAt: number[] = []
  while (seenAt.length < ticks) {
    await new Promise((resolve) => setImmediate(resolve))
    await look(client, seenAt)
  }
  return seenAt
}

/** Records the time for every tick up to the visible one. */
async function look(client: FlagClient, seenAt: number[]): Promise<void> {
  const latest = await client.numberVariation(TICK_KEY, USERS[0], -1)
  while (seenAt.length <= latest) seenAt.push(now())
}

import type { BenchOptions } from '../options.ts'
import { benchFanOut } from './fan-out.ts'
import { benchForwarding } from './forwarding.ts'
import { benchPings } from './pings.ts'
import { benchReconnect } from './reconnect.ts'
import { benchStalled } from './stalled.ts'

/** Benchmarks a relay under load on the loopback interface. Each part takes up to three minutes. */
export async function benchRelay({ quick }: BenchOptions): Promise<void> {
  const clients = quick ? 1_000 : 5_000
  await benchFanOut({ clients, flags: 1_000, changes: quick ? 10 : 20, repeats: quick ? 1 : 3 })
  await benchReconnect({ clients, fewClients: clients / 10, flags: quick ? 1_000 : 5_000, repeats: 3 })
  await benchStalled({ clients: 1_000, flags: 5_000, changes: quick ? 20 : 50, repeats: quick ? 3 : 9 })
}

/** Sends changes to ping streams of mobile SDKs. With `--beside`, another relay runs in turn. */
export async function benchRelayPings({ quick, beside }: BenchOptions): Promise<void> {
  await benchPings({
    clients: quick ? 2_000 : 10_000,
    flags: 1_000,
    changes: quick ? 5 : 15,
    repeats: quick ? 1 : 3,
    ...(beside !== undefined && { beside }),
  })
}

/** Forwards events. With `--beside`, another relay runs in turn. */
export async function benchRelayEvents({ quick, beside }: BenchOptions): Promise<void> {
  await benchForwarding({
    eventsPerPost: 50,
    postsPerSecond: 100,
    seconds: quick ? 10 : 30,
    repeats: quick ? 1 : 3,
    ...(beside !== undefined && { beside }),
  })
}

import type { BenchOptions } from '../options.ts'
import type { Packages } from '../processes/installed.ts'
import { count } from '../report/format.ts'
import type { Report } from '../report/table.ts'
import { type ChangesPlan, measureChanges } from './changes.ts'
import { measureFanOut } from './fan-out.ts'
import { measureForwarding } from './forwarding.ts'
import { measureReconnect } from './reconnect.ts'
import { measureStalled } from './stalled.ts'
import { measureRelayStart } from './start.ts'

/** Starts a relay until it is healthy. With `--beside`, another relay starts in turn. */
export async function benchRelayStart(
  { rounds, beside }: BenchOptions,
  report: Report,
  packages: Packages,
): Promise<void> {
  const plan = { flags: 1_000, repeats: rounds, packages, ...(beside !== undefined && { beside }) }
  report(await measureRelayStart(plan))
}

/** Benchmarks a relay under load on the loopback interface. Each part takes up to three minutes. */
export async function benchRelay({ quick }: BenchOptions, report: Report): Promise<void> {
  const clients = quick ? 1_000 : 5_000
  report(await measureFanOut({ clients, flags: 1_000, changes: quick ? 10 : 20, repeats: quick ? 1 : 3 }))
  report(
    await measureReconnect({ clients, fewClients: clients / 10, flags: quick ? 1_000 : 5_000, repeats: 3 }),
  )
  report(
    await measureStalled({ clients: 1_000, flags: 5_000, changes: quick ? 20 : 50, repeats: quick ? 3 : 9 }),
  )
}

/** Sends changes to ping streams of mobile SDKs. With `--beside`, another relay runs in turn. */
export async function benchRelayPings({ quick, beside }: BenchOptions, report: Report): Promise<void> {
  const clients = quick ? 2_000 : 10_000
  report(
    await measureChanges({
      ...changes(quick),
      id: 'relay-pings',
      title: `one change to ${count(clients)} ping streams, 1,000 flags held`,
      path: '/mping',
      environments: 1,
      clients,
      flags: 1_000,
      beside,
    }),
  )
}

/** Sends changes to streams of server-side SDKs, and in many environments. With `--beside`, another relay runs in turn. */
export async function benchRelayChanges({ quick, beside }: BenchOptions, report: Report): Promise<void> {
  const plan = { ...changes(quick), path: '/all', flags: 100, beside } as const
  for (const clients of [1_000, 3_000]) {
    report(
      await measureChanges({
        ...plan,
        id: `relay-changes-${clients}`,
        title: `one change to ${count(clients)} streams, 100 flags held`,
        environments: 1,
        clients,
        limits: { lastP50: 1 },
      }),
    )
  }
  report(
    await measureChanges({
      ...plan,
      id: 'relay-environments',
      title: 'a change in each of 100 environments, with two streams each, 100 flags held',
      environments: 100,
      clients: 200,
      limits: { lastP50: 1, cpuMs: 1, statusP99: 2 },
    }),
  )
}

function changes(quick: boolean): Pick<ChangesPlan, 'changes' | 'repeats'> {
  return { changes: quick ? 8 : 15, repeats: quick ? 1 : 3 }
}

/** Forwards events. With `--beside`, another relay runs in turn. */
export async function benchRelayEvents({ quick, beside }: BenchOptions, report: Report): Promise<void> {
  report(
    await measureForwarding({
      eventsPerPost: 50,
      postsPerSecond: 100,
      seconds: quick ? 10 : 30,
      repeats: quick ? 1 : 3,
      ...(beside !== undefined && { beside }),
    }),
  )
}

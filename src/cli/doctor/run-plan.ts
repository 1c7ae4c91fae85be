import type { Transport } from '../../transport/transport.ts'
import { undiciTransport } from '../../transport/undici-transport.ts'
import type { CommandContext } from '../command.ts'
import { checkOrigin } from './check-origin.ts'
import { checkService, type ServiceEndpoint } from './check-service.ts'
import { checkStore, skipStoreChecks, UNREADABLE } from './check-store.ts'
import type { Checkup } from './checks.ts'
import type { Endpoints, EnvironmentPlan, Plan } from './plan.ts'
import { proxyFor } from './proxy-decision.ts'

type Variables = CommandContext['env']

/** An origin, with the endpoints that it has. */
interface Origin {
  readonly names: string[]
  readonly url: URL
}

/** Makes all checks of a plan, in order. Rejects only if the command is stopped. */
export async function runPlan(plan: Plan, checkup: Checkup, variables: Variables): Promise<void> {
  const transports: Transport[] = []
  try {
    const reach = plan.endpoints && (await checkOrigins(plan, { checkup, variables, transports }))
    for (const environment of plan.environments) await checkEnvironment(environment, plan, { reach, checkup })
    await checkStores(plan.environments, checkup)
  } finally {
    await Promise.all(transports.map((transport) => transport.close()))
  }
}

/** Returns the endpoint at an address, after its origin was checked. */
type Reach = (url: string) => ServiceEndpoint

/** Checks each origin of the endpoints once. */
async function checkOrigins(
  { endpoints, network }: Plan,
  {
    checkup,
    variables,
    transports,
  }: { readonly checkup: Checkup; readonly variables: Variables; readonly transports: Transport[] },
): Promise<Reach> {
  const reached = new Map<string, Omit<ServiceEndpoint, 'url'>>()
  for (const { names, url } of originsOf(endpoints)) {
    checkup.begin(`${url.origin} (${names.join(', ')})`)
    const proxy = proxyFor(url, { choice: network.proxy, origin: network.proxyOrigin, variables })
    const transport = undiciTransport({ tls: network.tls, proxy: proxy.url ?? 'none' })
    transports.push(transport)
    const { tls, authorities } = network
    const isReachable = await checkOrigin({ url, proxy, tls, authorities, transport }, checkup)
    reached.set(url.origin, { transport, isReachable })
  }
  return (url) => ({ url, ...(reached.get(new URL(url).origin) as Omit<ServiceEndpoint, 'url'>) })
}

function originsOf(endpoints: Endpoints | undefined): readonly Origin[] {
  const origins = new Map<string, Origin>()
  for (const name of ['streaming', 'polling', 'events'] as const) {
    const text = endpoints?.[name]
    if (text === undefined) continue
    const url = new URL(text)
    const known = origins.get(url.origin)
    if (known) known.names.push(name)
    else origins.set(url.origin, { names: [name], url })
  }
  return [...origins.values()]
}

async function checkEnvironment(
  { name, sdkKey, fromFiles }: EnvironmentPlan,
  { endpoints, protocol }: Plan,
  { reach, checkup }: { readonly reach: Reach | undefined; readonly checkup: Checkup },
): Promise<void> {
  if (fromFiles) {
    checkup.begin(`Environment ${name}`)
    return checkup.skip(['access'], 'its flags come from files, not from a service')
  }
  if (!endpoints || !reach) return
  checkup.begin(name === undefined ? 'SDK key' : `Environment ${name}`)
  const { polling, streaming, events } = endpoints
  await checkService(
    {
      sdkKey,
      protocol,
      polling: reach(polling),
      streaming: reach(streaming),
      events: events === undefined ? undefined : reach(events),
    },
    checkup,
  )
}

async function checkStores(environments: readonly EnvironmentPlan[], checkup: Checkup): Promise<void> {
  let isDown = false
  for (const { name, store } of environments) {
    if (!store) continue
    checkup.begin(name === undefined ? 'Database' : `Database of ${name}`)
    if (isDown) {
      checkup.skip(['database'], 'it cannot be read, as shown above')
      skipStoreChecks(checkup, UNREADABLE)
      continue
    }
    isDown = !(await checkStore(store, checkup)) && store.isShared
  }
}

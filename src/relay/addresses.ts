/**
 * The kind of credential that selects an environment: an SDK key or a mobile key in `Authorization`, or a client-side ID, which
 * browsers send in the path.
 */
export type Audience = 'server' | 'mobile' | 'browser'

/** The names of the credentials in messages. */
export const CREDENTIAL_NAMES: Readonly<Record<Audience, string>> = {
  server: 'SDK key',
  mobile: 'mobile key',
  browser: 'client-side ID',
}

/**
 * The answer that an address gives. `data`: flags and segments over FDv1 or FDv2. `evaluation` and `evaluation poll`: the
 * evaluated flags of one context, over FDv1 and FDv2. `pings`: a stream that reports changes without data. `ofrep` and
 * `ofrep events`: the evaluations and the streams of the OpenFeature Remote Evaluation Protocol.
 */
export type ServiceName =
  | 'data'
  | 'evaluation'
  | 'evaluation poll'
  | 'pings'
  | 'events'
  | 'diagnostic'
  | 'event image'
  | 'goals'
  | 'ofrep'
  | 'ofrep events'

/** The service, the kind of credential and the parameters of a path. */
export interface Address {
  readonly service: ServiceName
  /**
   * `client`: a mobile key or a client-side ID in `Authorization` or in the parameter `auth` (FDv2). `any`: a key of any kind, which
   * decides what the client sees (OFREP).
   */
  readonly audience: Audience | 'client' | 'any'
  /** The template of the path, for example `/meval/{context}`; `other` for an unknown path. It contains no text of the request. */
  readonly route: string
  /** The accepted methods. With POST and REPORT, the body contains the context or the events. */
  readonly methods: readonly string[]
  /** The client-side ID in the path. */
  readonly envId?: string
  /** The context in the path, in Base64. */
  readonly context?: string
  /** The key of a flag in the path of OFREP. */
  readonly key?: string
}

interface Row extends Omit<Address, 'envId' | 'context' | 'key'> {
  /** Its groups `envId`, `context` and `key` become members of the address. */
  readonly path: RegExp
}

const GET = ['GET']
const POST = ['POST']
const REPORT = ['REPORT']
const WITH_BODY = ['POST', 'REPORT']

const CONTEXT = '(?<context>[^/]+)'
const ENV_ID = '(?<envId>[^/]+)'
/** LaunchDarkly's documents write the plural, its Relay Proxy accepts the singular only. */
const IN_BODY = '(?:context|contexts|user|users)'

function row(path: string, rest: Omit<Row, 'path' | 'route'>): Row {
  return { path: new RegExp(`^${path}$`), route: routeOf(path), ...rest }
}

/** Returns the template of a pattern: the names of its groups in braces, and the first of several alternatives. */
function routeOf(path: string): string {
  return path
    .replaceAll(/\(\?<(\w+)>[^)]*\)/g, '{$1}')
    .replaceAll(/\(\?:(\w+)[^)]*\)/g, '$1')
    .replace('.+', '{key}')
    .replace('\\.', '.')
}

/** The addresses of LaunchDarkly's Relay Proxy, except the fixed paths of `data`, which is the service of all other paths. */
const ROWS: readonly Row[] = [
  row(`/sdk/evalx/(?:contexts|users)/${CONTEXT}`, {
    service: 'evaluation',
    audience: 'server',
    methods: GET,
  }),
  row(`/sdk/evalx/${IN_BODY}`, { service: 'evaluation', audience: 'server', methods: REPORT }),
  row('/bulk', { service: 'events', audience: 'server', methods: POST }),
  row('/diagnostic', { service: 'diagnostic', audience: 'server', methods: POST }),

  row(`/msdk/evalx/(?:contexts|users)/${CONTEXT}`, {
    service: 'evaluation',
    audience: 'mobile',
    methods: GET,
  }),
  row(`/msdk/evalx/${IN_BODY}`, { service: 'evaluation', audience: 'mobile', methods: REPORT }),
  row('/mping', { service: 'pings', audience: 'mobile', methods: GET }),
  row(`/meval/${CONTEXT}`, { service: 'pings', audience: 'mobile', methods: GET }),
  row('/meval', { service: 'pings', audience: 'mobile', methods: REPORT }),
  row('/mobile', { service: 'events', audience: 'mobile', methods: POST }),
  row('/mobile/events', { service: 'events', audience: 'mobile', methods: POST }),
  row('/mobile/events/bulk', { service: 'events', audience: 'mobile', methods: POST }),
  row('/mobile/events/diagnostic', { service: 'diagnostic', audience: 'mobile', methods: POST }),

  row(`/sdk/evalx/${ENV_ID}/(?:contexts|users)/${CONTEXT}`, {
    service: 'evaluation',
    audience: 'browser',
    methods: GET,
  }),
  row(`/sdk/evalx/${ENV_ID}/${IN_BODY}`, { service: 'evaluation', audience: 'browser', methods: REPORT }),
  row(`/ping/${ENV_ID}`, { service: 'pings', audience: 'browser', methods: GET }),
  row(`/eval/${ENV_ID}/${CONTEXT}`, { service: 'pings', audience: 'browser', methods: GET }),
  row(`/eval/${ENV_ID}`, { service: 'pings', audience: 'browser', methods: REPORT }),
  row(`/sdk/goals/${ENV_ID}`, { service: 'goals', audience: 'browser', methods: GET }),
  row(`/events/bulk/${ENV_ID}`, { service: 'events', audience: 'browser', methods: POST }),
  row(`/events/diagnostic/${ENV_ID}`, { service: 'diagnostic', audience: 'browser', methods: POST }),
  row('/a/(?<envId>[^/]+)\\.gif', { service: 'event image', audience: 'browser', methods: GET }),

  row(`/sdk/poll/eval/${CONTEXT}`, { service: 'evaluation poll', audience: 'client', methods: GET }),
  row('/sdk/poll/eval', { service: 'evaluation poll', audience: 'client', methods: WITH_BODY }),
  row(`/sdk/stream/eval/${CONTEXT}`, { service: 'pings', audience: 'client', methods: GET }),
  row('/sdk/stream/eval', { service: 'pings', audience: 'client', methods: WITH_BODY }),

  row('/ofrep/v1/evaluate/flags/(?<key>.*)', { service: 'ofrep', audience: 'any', methods: POST }),
  row('/ofrep/v1/evaluate/flags', { service: 'ofrep', audience: 'any', methods: POST }),
  row('/ofrep/v1/events', { service: 'ofrep events', audience: 'any', methods: GET }),

  row('/sdk/flags/.+', { service: 'data', audience: 'server', methods: GET }),
  row('/sdk/segments/.+', { service: 'data', audience: 'server', methods: GET }),
]

const DATA: Address = { service: 'data', audience: 'server', methods: GET, route: 'other' }

/** The fixed paths of the service `data`. They are most of the requests, and found without a comparison of patterns. */
const DATA_PATHS: ReadonlyMap<string, Address> = new Map(
  ['/sdk/poll', '/sdk/stream', '/all', '/flags', '/sdk/latest-all', '/sdk/flags'].map((route) => [
    route,
    { ...DATA, route },
  ]),
)

/** Returns the address of a path. A path that matches no other address belongs to the service `data`, which may answer 404. */
export function addressOf(path: string): Address {
  const fixed = DATA_PATHS.get(path)
  if (fixed) return fixed
  for (const { path: pattern, ...address } of ROWS) {
    const match = pattern.exec(path)
    if (match) return { ...address, ...decodedGroups(match.groups) }
  }
  return DATA
}

/** The routes whose answer is a stream of events. */
export const STREAM_ROUTES: ReadonlySet<string> = new Set([
  '/sdk/stream',
  '/all',
  '/flags',
  '/status/events',
  ...ROWS.flatMap(({ service, route }) => (service === 'pings' || service === 'ofrep events' ? route : [])),
])

function decodedGroups(
  groups: Readonly<Record<string, string>> = {},
): Pick<Address, 'envId' | 'context' | 'key'> {
  return Object.fromEntries(Object.entries(groups).map(([name, text]) => [name, decodeURIComponent(text)]))
}

import { isJsonObject, type JsonObject } from '../model/json.ts'

/** Options of LaunchDarkly's Node.js SDK about events, which this client does not send. */
const EVENTS: readonly string[] = [
  ['sendEvents', 'eventsUri', 'capacity', 'flushInterval', 'enableEventCompression'],
  ['allAttributesPrivate', 'privateAttributes', 'contextKeysCapacity', 'contextKeysFlushInterval'],
  ['diagnosticOptOut', 'diagnosticRecordingInterval'],
].flat()

/** Other options of LaunchDarkly's Node.js SDK without effect here, and what to use instead. */
const INSTEAD: Readonly<Record<string, string>> = {
  timeout: 'a request ends after 10 s without a byte',
  bigSegments: 'big segments have no store here, and evaluation says NOT_CONFIGURED',
  payloadFilterKey: 'all flags of the environment are received',
  plugins: 'give their hooks as options.hooks',
  proxyAgent: 'use options.proxy, or options.dispatcher',
}

/** Options in the terms of Halyard, and what to warn of. */
export interface OfficialReading {
  readonly options: unknown
  readonly warnings: readonly string[]
}

/** Maps options that only LaunchDarkly's SDK has onto ours where the meaning exists; one of ours beside them counts for more. */
export function readOfficialOptions(given: unknown): OfficialReading {
  if (!isJsonObject(given)) return { options: given, warnings: [] }
  const { proxyOptions, tlsParams, wrapperName, wrapperVersion, ...rest } = given
  const proxy = isJsonObject(proxyOptions) ? proxyUrl(proxyOptions) : proxyOptions
  const tls = isJsonObject(tlsParams) ? tlsOf(tlsParams) : tlsParams
  const wrapper =
    wrapperName === undefined
      ? undefined
      : { name: wrapperName, ...(wrapperVersion !== undefined && { version: wrapperVersion }) }
  const idle = EVENTS.filter((name) => rest[name] !== undefined)
  // To be asked for what happens anyway is no news.
  const asked = idle.filter(
    (name) => name !== 'diagnosticOptOut' && !(name === 'sendEvents' && rest[name] === false),
  )
  const others = Object.keys(INSTEAD).filter((name) => rest[name] !== undefined)
  const known = new Set([...idle, ...others])
  return {
    options: {
      ...(proxy !== undefined && { proxy }),
      ...(tls !== undefined && { tls }),
      ...(wrapper && { wrapper }),
      ...Object.fromEntries(Object.entries(rest).filter(([name]) => !known.has(name))),
    },
    warnings: [
      ...(asked.length > 0
        ? [
            `${asked.map((name) => `options.${name}`).join(', ')}: without effect, because no analytics events are sent`,
          ]
        : []),
      ...others.map((name) => `options.${name}: without effect; ${INSTEAD[name]}`),
    ],
  }
}

function proxyUrl({ host, port, scheme, auth }: JsonObject): string {
  const [user = '', ...password] = typeof auth === 'string' ? auth.split(':') : []
  const credential = user === '' ? '' : `${[user, password.join(':')].map(encodeURIComponent).join(':')}@`
  const protocol = typeof scheme === 'string' && scheme.startsWith('https') ? 'https' : 'http'
  return `${protocol}://${credential}${String(host)}${typeof port === 'number' ? `:${port}` : ''}`
}

/** Members that we do not have stay, and are refused by name. */
function tlsOf({ rejectUnauthorized, ...rest }: JsonObject): JsonObject {
  return { ...rest, ...(rejectUnauthorized === false && { verify: 'never' }) }
}

import { newInstanceId, requestHeaders } from '../../config/request-headers.ts'
import { PostSender, type SendResult } from '../../events/post-sender.ts'
import { sdkKeyFault } from '../../model/sdk-key.ts'
import type { HttpHeaders, Transport } from '../../transport/transport.ts'
import { checkPolling } from './check-polling.ts'
import { checkStream } from './check-stream.ts'
import { type CheckId, type Checkup, type Finding, failed, ok, warning } from './checks.ts'

export type Protocol = 'fdv2' | 'fdv1'

/** An SDK key with the services that it is for. */
export interface ServiceTarget {
  /** Absent if none was given. */
  readonly sdkKey: string | undefined
  /** The protocol that clients use. `either`: both kinds of clients are expected. */
  readonly protocol: Protocol | 'either'
  readonly polling: ServiceEndpoint
  readonly streaming: ServiceEndpoint
  /** Absent if no events are sent. */
  readonly events: ServiceEndpoint | undefined
}

export interface ServiceEndpoint {
  /** Base URL without a slash at its end. */
  readonly url: string
  readonly transport: Transport
  /** True if the origin answered. */
  readonly isReachable: boolean
}

/** A request of a check. */
export interface ServiceRequest {
  readonly headers: HttpHeaders
  readonly checkup: Checkup
  readonly signal: AbortSignal
}

const AFTER_KEY = ['access', 'protocol', 'flags', 'stream', 'events'] as const satisfies CheckId[]

const NO_KEY_REMEDY = 'Pass the SDK key of an environment in LAUNCHDARKLY_SDK_KEY, or with --sdk-key.'

/** Checks the SDK key and what the service answers to it. */
export async function checkService(target: ServiceTarget, checkup: Checkup): Promise<void> {
  const { sdkKey, polling, streaming, events } = target
  if (sdkKey === undefined) {
    checkup.add('key', { verdict: 'skipped', seen: 'no SDK key was given', remedy: NO_KEY_REMEDY })
    return checkup.skip(AFTER_KEY, 'needs an SDK key')
  }
  const form = judgeKey(sdkKey)
  checkup.add('key', form)
  if (form.verdict === 'failed') return checkup.skip(AFTER_KEY, 'needs an SDK key')
  if (![polling, streaming, events].some((endpoint) => endpoint?.isReachable))
    return checkup.skip(AFTER_KEY, 'no endpoint answers')
  checkup.hide(sdkKey)
  const headers = requestHeaders({ sdkKey, instanceId: newInstanceId() })
  let protocol: Protocol = target.protocol === 'fdv1' ? 'fdv1' : 'fdv2'
  if (polling.isReachable) {
    const found = await checkPolling(target, headers, checkup)
    if (found === 'refused') return checkup.skip(['stream', 'events'], 'the key is refused')
    protocol = found ?? protocol
  } else checkup.skip(['access', 'protocol', 'flags'], 'the polling endpoint does not answer')
  if (streaming.isReachable)
    await checkup.run('stream', (signal) => checkStream(streaming, protocol, { headers, signal, checkup }))
  else checkup.skip(['stream'], 'the streaming endpoint does not answer')
  if (!events) checkup.skip(['events'], 'no address of events was given')
  else if (!events.isReachable) checkup.skip(['events'], 'the events endpoint does not answer')
  else await checkup.run('events', (signal) => checkEvents(events, { headers, signal, checkup }))
}

/** Judges an SDK key by its form. The finding shows at most the last four characters. */
function judgeKey(key: string): Finding {
  const fault = sdkKeyFault(key)
  if (fault !== undefined)
    return failed(
      `not an SDK key: ${fault}`,
      'Copy the SDK key of the environment again, without anything around it.',
    )
  const shown = shortened(key)
  const other = OTHERS.find(([pattern]) => pattern.test(key))
  if (other) {
    const [, name, use] = other
    const remedy = `Use the SDK key of the environment, which begins with "sdk-"; ${use}.`
    return failed(`${shown} is ${name}, not an SDK key`, remedy, { form: name.replace(/^an? /, '') })
  }
  if (/^sdk-[\da-f]{8}(-[\da-f]{4}){3}-[\da-f]{12}$/i.test(key))
    return ok(`${shown}, an SDK key`, { form: 'SDK key' })
  return ok(`${shown}, not in the form of LaunchDarkly's keys`, { form: 'other' })
}

const OTHERS: readonly (readonly [pattern: RegExp, name: string, use: string])[] = [
  [/^mob-/i, 'a mobile key', 'a mobile key is for mobile SDKs only'],
  [/^[\da-f]{24}$/i, 'a client-side ID', 'a client-side ID is for browsers only'],
  [/^api-/i, 'an access token', "an access token is for LaunchDarkly's REST API only"],
  [/^rel-/i, 'a relay key', 'a relay key is for automatic configuration only'],
]

/** Returns the end of a key that is long enough to stay secret. */
function shortened(key: string): string {
  return key.length >= 20 ? `…${key.slice(-4)}` : 'the key (hidden)'
}

/** Sends an empty list of events, which adds nothing to the data of the account. */
async function checkEvents(
  { url, transport }: ServiceEndpoint,
  { headers, checkup, signal }: ServiceRequest,
): Promise<Finding> {
  const { clock, timeoutMs } = checkup
  const sender = new PostSender({ transport, clock, requestTimeoutMs: timeoutMs })
  const result = await sender.sendOnce(
    {
      method: 'POST',
      url: `${url}/bulk`,
      headers: { ...headers, 'content-type': 'application/json', 'x-launchdarkly-event-schema': '4' },
      body: '[]',
    },
    signal,
  )
  signal.throwIfAborted()
  return judgeEvents(result)
}

function judgeEvents(result: SendResult): Finding {
  if (result.type === 'delivered') return ok('accepts an empty list of events; no event was sent')
  const { status, message } = result
  const facts = { status }
  switch (status) {
    case 400:
      return ok('answers; it refuses an empty list (400), and no event was sent', facts)
    case 401:
    case 403:
      return failed(message, 'Check that the key belongs to the service that receives events.', facts)
    case 404:
      return failed(message, 'Check the URL of events (--events): it takes no events.', facts)
    case 503:
      return warning(
        message,
        'If this is a relay, switch on the forwarding of events (sendEvents in [Events]) or switch off events in the clients.',
        facts,
      )
    default:
      return failed(message, 'Check the URL of events (--events), and the server.', facts)
  }
}

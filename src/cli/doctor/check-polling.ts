import type { PollEndpoint } from '../../exchange/endpoint.ts'
import { fdv1Poll, fdv2Poll } from '../../exchange/poll.ts'
import type { Change } from '../../model/change-set.ts'
import type { Directive, SourceError } from '../../model/source-result.ts'
import { counted, printable } from '../../model/text.ts'
import { PATHS } from '../../protocol/events.ts'
import { FDV1_PATHS } from '../../protocol/fdv1.ts'
import { isRefusal } from '../../transport/classify.ts'
import type { HttpHeaders } from '../../transport/transport.ts'
import { inBytes } from '../inspect/format.ts'
import type { Protocol, ServiceRequest, ServiceTarget } from './check-service.ts'
import { type Checkup, type Finding, failed, type Outcome, ok, warning } from './checks.ts'
import { observed } from './observed-transport.ts'
import { requestRemedy, withoutRemedy } from './remedies.ts'

/** Maximum size of a body, in bytes: that of the clients. */
const MAX_BYTES = 512 * 2 ** 20

/** The answer to one poll. */
interface Polled {
  /** Absent if no payload was complete. */
  readonly changes: readonly Change[] | undefined
  readonly skipped: number
  readonly error: SourceError | undefined
  readonly directive: Directive | undefined
  readonly bytes: number
  readonly encoding: string | undefined
}

/** The answers in the protocols that were tried. */
interface Answers {
  readonly fdv2?: Polled
  readonly fdv1?: Polled
}

/** Checks access, protocol and data by polls. Resolves with the protocol of the data; `refused` if the key is not accepted. */
export async function checkPolling(
  target: ServiceTarget,
  headers: HttpHeaders,
  checkup: Checkup,
): Promise<Protocol | 'refused' | undefined> {
  let isRefused = false
  const answers = await checkup.run('access', async (signal) => {
    const found = await pollBoth(target, { headers, signal, checkup })
    isRefused = isRefusal(statusOf(found.fdv1)) || isRefusal(statusOf(found.fdv2))
    return judgeAccess(found)
  })
  if (!answers) {
    checkup.skip(['protocol', 'flags'], isRefused ? 'the key is refused' : 'needs access, which failed')
    return isRefused ? 'refused' : undefined
  }
  checkup.add('protocol', judgeProtocol(answers, target.protocol))
  const { fdv1, fdv2 } = answers
  const data = fdv1 ?? fdv2
  if (data?.changes) checkup.add('flags', judgeData(data))
  else checkup.skip(['flags'], 'no payload arrived')
  return fdv1?.changes ? 'fdv1' : 'fdv2'
}

function statusOf(polled: Polled | undefined): number | undefined {
  return polled?.error?.status
}

/** Polls FDv2, and FDv1 if the service does not know FDv2 or directs clients to FDv1. */
async function pollBoth(target: ServiceTarget, request: ServiceRequest): Promise<Answers> {
  if (target.protocol === 'fdv1') return { fdv1: await pollOnce(target, 'fdv1', request) }
  const fdv2 = await pollOnce(target, 'fdv2', request)
  const isNeeded = fdv2.directive !== undefined || statusOf(fdv2) === 404
  return isNeeded ? { fdv2, fdv1: await pollOnce(target, 'fdv1', request) } : { fdv2 }
}

async function pollOnce(
  { polling }: ServiceTarget,
  protocol: Protocol,
  { headers, signal, checkup }: ServiceRequest,
): Promise<Polled> {
  const { transport, seen } = observed(polling.transport)
  // The time limit of the check ends the request earlier.
  const limitMs = 2 * checkup.timeoutMs
  const endpoint: Omit<PollEndpoint, 'url'> = {
    transport,
    clock: checkup.clock,
    headers,
    silenceMs: limitMs,
    answerMs: limitMs,
    maxBytes: MAX_BYTES,
  }
  const poll =
    protocol === 'fdv2'
      ? fdv2Poll({ ...endpoint, url: polling.url + PATHS.poll })
      : fdv1Poll({ ...endpoint, url: polling.url + FDV1_PATHS.poll })
  let changes: readonly Change[] | undefined
  let skipped = 0
  let error: SourceError | undefined
  let directive: Directive | undefined
  for await (const result of poll(undefined, signal)) {
    directive ??= result.directive
    if (result.type === 'changeSet')
      changes = result.changeSet.type === 'none' ? [] : result.changeSet.changes
    else if (result.type === 'skipped') skipped++
    else if ('error' in result) ({ error } = result)
  }
  signal.throwIfAborted()
  const encoding = seen.response?.headers['content-encoding']
  return { changes, skipped, error, directive, bytes: seen.bytes, encoding }
}

function judgeAccess(answers: Answers): Outcome<Answers> {
  const { fdv1, fdv2 } = answers
  const all = [fdv1, fdv2].filter((each) => each !== undefined)
  const refused = all.find((each) => isRefusal(statusOf(each)))
  if (refused?.error) {
    const remedy =
      'Check that the key is the SDK key of an environment of this service, and that it was not reset or deleted.'
    return failed(`the service refuses the key (${refused.error.status})`, remedy, {
      status: refused.error.status,
    })
  }
  if (all.some(({ changes, directive }) => changes ?? directive))
    return { ...ok('the service accepts the key'), value: answers }
  const [{ error } = {}] = all
  const seen = printable(withoutRemedy(error?.message ?? 'the answer has no payload'))
  return failed(seen, requestRemedy(error), { status: error?.status })
}

const FDV1_REMEDY =
  'Set HALYARD_DATA_SAVING_MODE=off for clients and relays (dataSavingMode = off in [Main]), so that they use FDv1.'

function judgeProtocol({ fdv1, fdv2 }: Answers, wanted: ServiceTarget['protocol']): Finding {
  if (!fdv2) return ok('FDv1, as configured', { protocol: 'fdv1' })
  const { directive } = fdv2
  if (directive) {
    const { ttlSeconds } = directive
    const facts = { protocol: 'fdv1', directive: true, ttlSeconds }
    const time = ttlSeconds === undefined ? '' : ` for ${ttlSeconds} s`
    const seen = `the service directs clients to FDv1${time} (x-ld-fd-fallback)`
    if (fdv1?.changes) return ok(seen, facts)
    return failed(
      `${seen}, but FDv1 fails: ${printable(fdv1?.error?.message ?? 'no payload')}`,
      requestRemedy(fdv1?.error),
      facts,
    )
  }
  if (!fdv1) return ok('FDv2', { protocol: 'fdv2' })
  const facts = { protocol: 'fdv1', directive: false }
  const seen = 'FDv1 only: /sdk/poll is answered with 404'
  return wanted === 'fdv2' ? failed(seen, FDV1_REMEDY, facts) : warning(seen, FDV1_REMEDY, facts)
}

function judgeData({ changes = [], skipped, bytes, encoding }: Polled): Finding {
  const puts = (kind: Change['kind']): number =>
    changes.filter((change) => change.op === 'put' && change.kind === kind).length
  const [flags, segments] = [puts('flag'), puts('segment')]
  const facts = { flags, segments, bytes, encoding, skipped }
  const size = `${inBytes(bytes)}${encoding === undefined ? '' : ` (${encoding})`}`
  const seen = `${counted(flags, 'flag')}, ${counted(segments, 'segment')}, ${size}`
  if (skipped > 0)
    return warning(
      `${seen}; ${counted(skipped, 'object')} without content`,
      'Report it to the operator of the service.',
      facts,
    )
  return flags === 0
    ? warning(seen, 'Check that the key belongs to the environment that has your flags.', facts)
    : ok(seen, facts)
}

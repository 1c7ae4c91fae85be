import { isIP, type Socket } from 'node:net'
import { SDK_NAME, VERSION } from '../../config/request-headers.ts'
import { drain } from '../../transport/body.ts'
import { describeNetworkFailure } from '../../transport/network-failure.ts'
import type { ServiceTlsOptions } from '../../transport/tls.ts'
import type { Transport } from '../../transport/transport.ts'
import { type Authorities, isHosted, judgeChain } from './certificate-chain.ts'
import { type CheckId, type Checkup, failed, type Outcome, ok, TITLES, warning } from './checks.ts'
import { type Dates, judgeClock } from './clock-difference.ts'
import {
  addressesOf,
  handshakeWith,
  openTunnel,
  type Peer,
  peerOf,
  peerText,
  reachedAddress,
} from './connect.ts'
import type { ProxyDecision } from './proxy-decision.ts'
import { failedAs } from './remedies.ts'

/** An origin to check, with the way to reach it. */
export interface OriginTarget {
  readonly url: URL
  readonly proxy: ProxyDecision
  readonly tls: ServiceTlsOptions
  readonly authorities: Authorities
  readonly transport: Transport
}

type Step = readonly [id: CheckId, work: (signal: AbortSignal) => Promise<Outcome<unknown>>]

/** Checks the way to an origin: proxy, DNS, TCP, TLS, HTTP and clock. Resolves with true if the origin answers. */
export async function checkOrigin(target: OriginTarget, checkup: Checkup): Promise<boolean> {
  const { url, proxy } = target
  const isTls = url.protocol === 'https:'
  const peer = peerOf(proxy.url === undefined ? url : new URL(proxy.url))
  let tunnel: Socket | undefined
  const throughTunnel: Step = [
    'tunnel',
    async (signal) => {
      const outcome = await openTo(target, signal)
      tunnel = outcome.value
      return outcome
    },
  ]
  const steps: readonly Step[] = [
    ['dns', (signal) => resolved(peer, signal)],
    ['tcp', (signal) => connected(peer, signal)],
    ...(isTls && proxy.url !== undefined ? [throughTunnel] : []),
    ...(isTls ? [['tls', (signal) => secured(target, { tunnel, signal, checkup })] satisfies Step] : []),
    ['http', (signal) => answered(target, { signal, checkup })],
  ]
  const ids = [...steps.map(([id]) => id), 'clock'] as const
  checkup.add('proxy', proxy.finding)
  if (proxy.finding.verdict === 'failed') {
    checkup.skip(ids, 'the proxy is not known')
    return false
  }
  let value: unknown
  for (const [index, [id, work]] of steps.entries()) {
    value = await checkup.run(id, work)
    if (value !== undefined) continue
    tunnel?.destroy()
    checkup.skip(ids.slice(index + 1), `needs ${TITLES[id]}, which failed`)
    return false
  }
  checkup.add('clock', judgeClock(value as Dates))
  return true
}

function dnsRemedy(host: string, code: string): string {
  if (code === 'EAI_AGAIN')
    return 'Check that this machine reaches its DNS server (in a cluster: network policies).'
  return isHosted(host)
    ? 'Check the DNS server of this machine, or set HTTPS_PROXY if this network has a proxy.'
    : 'Check the spelling of the host, and that the DNS server of this machine knows it.'
}

async function resolved({ host }: Peer, signal: AbortSignal): Promise<Outcome<true>> {
  if (isIP(host) !== 0) return { ...ok(`${host} is an address`), value: true }
  try {
    const addresses = await addressesOf(host, signal)
    return { ...ok(`${host}: ${few(addresses)}`, { host, addresses }), value: true }
  } catch (error) {
    const code = codeOf(error)
    const seen = `${host} cannot be resolved (${code || describeNetworkFailure(error)})`
    return failed(seen, dnsRemedy(host, code), { host, code })
  }
}

const MAX_NAMED = 3

function few(texts: readonly string[]): string {
  const more = texts.length - MAX_NAMED
  return texts.slice(0, MAX_NAMED).join(', ') + (more > 0 ? ` and ${more} more` : '')
}

async function connected(peer: Peer, signal: AbortSignal): Promise<Outcome<true>> {
  const where = peerText(peer)
  try {
    const address = await reachedAddress(peer, signal)
    return { ...ok(`connected to ${peerText({ ...peer, host: address })}`, { address }), value: true }
  } catch (error) {
    const code = codeOf(error)
    if (code === 'ECONNREFUSED') {
      const remedy = 'Check host and port, and that the server runs.'
      return failed(`${where} refuses the connection (${code})`, remedy, { code })
    }
    const remedy = `Allow connections to ${where} in the firewall, or set HTTPS_PROXY if this network has a proxy.`
    return failed(`${where} cannot be reached: ${code || describeNetworkFailure(error)}`, remedy, { code })
  }
}

async function openTo({ url, proxy, tls }: OriginTarget, signal: AbortSignal): Promise<Outcome<Socket>> {
  const target = peerOf(url)
  try {
    const { status, socket } = await openTunnel(proxy.url ?? '', target, { tls, signal })
    if (status === 200) return { ...ok(`the proxy connects to ${peerText(target)}`), value: socket }
    socket.destroy()
    return refusedByProxy(status, peerText(target))
  } catch (error) {
    const remedy = 'Check that the address is that of an http or https proxy.'
    return failedAs(describeNetworkFailure(error), remedy)
  }
}

function refusedByProxy(status: number, where: string): Outcome<never> {
  const seen = `the proxy answered ${status} to a request for ${where}`
  if (status !== 407)
    return failed(seen, `Allow ${where} in the proxy, or list the host in NO_PROXY.`, { status })
  const remedy =
    'Give user and password in the URL of the proxy: http://USER:PASSWORD@HOST:PORT, percent-encoded.'
  return failed(seen, remedy, { status })
}

interface Moment {
  readonly signal: AbortSignal
  readonly checkup: Checkup
}

async function secured(
  { url, tls, authorities }: OriginTarget,
  { tunnel, signal, checkup }: Moment & { readonly tunnel: Socket | undefined },
): Promise<Outcome<true>> {
  try {
    const handshake = await handshakeWith(peerOf(url), { tls, signal, tunnel })
    const finding = judgeChain(handshake, authorities, checkup.clock.now())
    return { ...finding, ...(finding.verdict !== 'failed' && { value: true }) }
  } catch (error) {
    const seen = describeNetworkFailure(error)
    return failedAs(seen, `Check that ${peerText(peerOf(url))} speaks TLS; otherwise use http:// in the URL.`)
  }
}

/** Sends a request without a key. Every answer of the origin shows that it speaks HTTP. */
async function answered(
  { url, transport, proxy }: OriginTarget,
  { signal, checkup }: Moment,
): Promise<Outcome<Dates>> {
  const { clock } = checkup
  try {
    const start = clock.monotonic()
    const { status, headers, body } = await transport.request({
      method: 'GET',
      url: new URL('/', url).href,
      headers: { accept: '*/*', 'user-agent': `${SDK_NAME}/${VERSION}` },
      signal,
    })
    const dates = { headers, receivedAt: clock.now(), roundTripMs: clock.monotonic() - start }
    // The content does not matter, and its end may never come.
    drain({ status, headers, body }).catch(() => undefined)
    if (status === 407 && proxy.url !== undefined) return refusedByProxy(407, url.host)
    const seen = `GET / is answered with ${status}`
    const finding =
      status >= 500
        ? warning(seen, 'Check the server, and the load balancer in front of it.', { status })
        : ok(seen, { status })
    return { ...finding, value: dates }
  } catch (error) {
    return failedAs(
      describeNetworkFailure(error),
      'Check that an HTTP server listens there, and the scheme of the URL.',
    )
  }
}

function codeOf(error: unknown): string {
  const first = error instanceof AggregateError ? error.errors[0] : error
  const { code } = (first ?? {}) as { readonly code?: unknown }
  return typeof code === 'string' ? code : ''
}

import { lookup } from 'node:dns/promises'
import { once } from 'node:events'
import { connect as connectTcp, isIP, type Socket } from 'node:net'
import { connect as connectTls, type TLSSocket } from 'node:tls'
import { untilAborted } from '../../async/signals.ts'
import { reasonOf } from '../../model/error-text.ts'
import { proxyTls, type ServiceTlsOptions, serviceTls } from '../../transport/tls.ts'
import { chainOf, type Handshake } from './certificate-chain.ts'

/** A host and a port to connect to. An IPv6 address has no brackets. */
export interface Peer {
  readonly host: string
  readonly port: number
}

export function peerOf({ hostname, port, protocol }: URL): Peer {
  return {
    host: hostname.replace(/^\[|\]$/g, ''),
    port: Number(port) || (protocol === 'https:' ? 443 : 80),
  }
}

export function peerText({ host, port }: Peer): string {
  return host.includes(':') ? `[${host}]:${port}` : `${host}:${port}`
}

/** Returns the addresses of a host as the system resolves it, which includes the hosts file. */
export async function addressesOf(host: string, signal: AbortSignal): Promise<readonly string[]> {
  const found = await untilAborted(lookup(host, { all: true }), signal)
  return [...new Set(found.map(({ address }) => address))]
}

/** Connects, tries all addresses of a host, and returns the address that was reached. */
export async function reachedAddress({ host, port }: Peer, signal: AbortSignal): Promise<string> {
  const socket = connectTcp({ host, port, autoSelectFamily: true })
  try {
    await settled(socket, 'connect', signal)
    return socket.remoteAddress ?? host
  } finally {
    socket.destroy()
  }
}

export interface TunnelAnswer {
  readonly status: number
  readonly socket: Socket
}

/** Asks an http or https proxy for a tunnel, as the transport does. The caller destroys the socket. */
export async function openTunnel(
  proxy: string,
  target: Peer,
  { tls, signal }: { readonly tls: ServiceTlsOptions; readonly signal: AbortSignal },
): Promise<TunnelAnswer> {
  const { addDispatcherMethods, Agent, buildConnector } = await import('../../transport/undici.ts')
  addDispatcherMethods()
  const { origin, username, password } = new URL(proxy)
  const login = `${decodeURIComponent(username)}:${decodeURIComponent(password)}`
  const agent = new Agent({ connect: buildConnector({ ...proxyTls(tls), allowH2: false }) })
  try {
    const { statusCode, socket } = await untilAborted(
      agent.connect({
        origin,
        path: peerText(target),
        signal,
        headers: {
          host: peerText(target),
          ...(login !== ':' && { 'proxy-authorization': `Basic ${Buffer.from(login).toString('base64')}` }),
        },
      }),
      signal,
    )
    socket.on('error', () => {})
    return { status: statusCode, socket: socket as Socket }
  } finally {
    // Not awaited: it waits for requests, and there are none.
    agent.destroy().catch(() => undefined)
  }
}

/** Performs a TLS handshake that accepts every certificate, sends nothing, and returns what the server showed. */
export async function handshakeWith(
  { host, port }: Peer,
  {
    tls,
    signal,
    tunnel,
  }: {
    readonly tls: ServiceTlsOptions
    readonly signal: AbortSignal
    readonly tunnel?: Socket | undefined
  },
): Promise<Handshake> {
  const socket = connectTls({
    ...serviceTls(tls),
    ...(isIP(host) === 0 && { servername: host }),
    host,
    ...(tunnel ? { socket: tunnel } : { port, autoSelectFamily: true }),
    // The chain is read in any case. The verdict is in `authorizationError`.
    rejectUnauthorized: false,
  })
  try {
    await settled(socket, 'secureConnect', signal)
    return {
      host,
      protocol: socket.getProtocol() ?? 'TLS',
      refusal: refusalOf(socket),
      chain: chainOf(socket.getPeerCertificate(true)),
    }
  } finally {
    socket.destroy()
  }
}

function refusalOf(socket: TLSSocket): Handshake['refusal'] {
  // Declared as an error. It is the code as a string if the chain is not trusted, and an error if the name differs.
  const error = socket.authorizationError as unknown
  if (socket.authorized || error === undefined || error === null) return undefined
  const code = typeof error === 'string' ? error : String((error as NodeJS.ErrnoException).code)
  return { code, reason: REASONS[code] ?? (typeof error === 'string' ? 'not accepted' : reasonOf(error)) }
}

const REASONS: Readonly<Record<string, string>> = {
  DEPTH_ZERO_SELF_SIGNED_CERT: 'the certificate is self-signed',
  SELF_SIGNED_CERT_IN_CHAIN: 'the chain ends with a self-signed certificate that is not trusted',
  UNABLE_TO_GET_ISSUER_CERT: 'the issuer is not trusted',
  UNABLE_TO_GET_ISSUER_CERT_LOCALLY: 'the issuer is not trusted',
  UNABLE_TO_VERIFY_LEAF_SIGNATURE: 'the issuer is not trusted, or the server leaves out its certificate',
  CERT_HAS_EXPIRED: 'the certificate has expired',
  CERT_NOT_YET_VALID: 'the certificate is not valid yet',
  ERR_TLS_CERT_ALTNAME_INVALID: 'the certificate is for another host',
  HOSTNAME_MISMATCH: 'the certificate is for another host',
}

/** Resolves with the event, and rejects with the error of the socket or the reason of the signal. Later errors are ignored. */
async function settled(
  socket: Socket,
  event: 'connect' | 'secureConnect',
  signal: AbortSignal,
): Promise<void> {
  socket.on('error', () => {})
  await untilAborted(once(socket, event), signal)
}

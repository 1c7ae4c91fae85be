import { isIPv4 } from 'node:net'

const LOOPBACK_NAME = /^(?:.+\.)?localhost\.?$/i
const LOOPBACK_IPV6 = /^\[?(?:::1|(?:0{1,4}:){7}0{0,3}1)\]?$/

/** Returns whether a host name or address, without a port, stands for this machine. Browsers resolve `*.localhost` to it, too. */
export function isLoopback(host: string): boolean {
  const isAddress = isIPv4(host) && host.startsWith('127.')
  return isAddress || LOOPBACK_NAME.test(host) || LOOPBACK_IPV6.test(host)
}

/**
 * Returns whether the header `Host` of a request names this machine. A web page whose own name resolves to this machine (DNS
 * rebinding) sends that name. Absent only in HTTP/1.0, which no browser sends.
 */
export function isForThisMachine(hostHeader: string | undefined): boolean {
  return hostHeader === undefined || isLoopback(hostHeader.replace(/:\d*$/, ''))
}

import { loadPeer } from '../options/load-peer.ts'

/** What clients are made of. Throws a {@link ConfigError} where it is not installed. */
export function loadIoredis(): typeof import('ioredis') {
  const peer = { root: 'redisStore', name: 'ioredis', install: 'ioredis@6' }
  return loadPeer(peer) as typeof import('ioredis')
}

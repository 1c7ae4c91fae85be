import { type Peer, storePeerError } from '../../options/load-peer.ts'

const PEER: Peer = {
  root: 'redisStore',
  name: 'ioredis',
  install: 'ioredis@6',
  alternative: 'pass a client of your own as `client`',
}

/** What is used of the package. */
type Ioredis = Pick<typeof import('ioredis'), 'Cluster' | 'Redis'>

/** Loads the package that clients are made of. Rejects with a {@link StoreError} if it is not installed. */
export async function loadIoredis(): Promise<Ioredis> {
  try {
    return await import('ioredis')
  } catch (cause) {
    throw storePeerError(PEER, cause)
  }
}

import type { ConnectionOptions } from '../../config/config.ts'
import type { Transport } from '../../transport/transport.ts'
import { undiciTransport } from '../../transport/undici-transport.ts'
import type { EnvironmentConfig } from '../config/relay-config.ts'
import { FilesSource, type FilesSourceOptions } from './files-source.ts'

/** Default time between two checks of files, in milliseconds. */
export const FILE_INTERVAL_MS = 1_000

/** Default time between two requests for a URL, in milliseconds. */
const URL_INTERVAL_MS = 30_000

export interface FilesSourceParts extends Pick<FilesSourceOptions, 'clock' | 'random' | 'logger'> {
  readonly network: Pick<ConnectionOptions, 'proxy' | 'tls'>
  /** Replaces connections of its own. */
  readonly transport: Transport | undefined
}

/** Returns the source of an environment whose flags come from files. It reads and requests nothing before its first turn. */
export function filesSourceOf(
  environment: EnvironmentConfig,
  { network: { proxy, tls }, transport, ...parts }: FilesSourceParts,
): FilesSource {
  const { files = [], urls = [], urlAuthorization } = environment
  const { fileIntervalMs = FILE_INTERVAL_MS, urlIntervalMs = URL_INTERVAL_MS } = environment
  return new FilesSource({
    ...parts,
    paths: files,
    intervalMs: fileIntervalMs,
    urls,
    urlIntervalMs,
    urlAuthorization,
    openTransport: () =>
      transport
        ? { request: (request) => transport.request(request), close: async () => {} }
        : undiciTransport({ ...(proxy !== undefined && { proxy }), ...(tls && { tls }) }),
  })
}

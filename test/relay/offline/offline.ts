import { rename } from 'node:fs/promises'
import { join } from 'node:path'
import { onTestFinished } from 'vitest'
import type { Logger } from '../../../src/model/logger.ts'
import type { RelayConfig } from '../../../src/relay/config/relay-config.ts'
import { startOffline } from '../../../src/relay/offline/start-offline.ts'
import type { RelayServer } from '../../../src/relay/relay.ts'
import type { Transport } from '../../../src/transport/transport.ts'
import { folderForTest } from '../../flag-file/folder.ts'
import { type Packed, packed } from '../archive/packed.ts'
import { DEFAULTS, silent } from '../starting.ts'

export interface Offline {
  readonly path: string
  /** Replaces the archive, as a deployment does. */
  put(...environments: readonly Packed[]): Promise<void>
  /** Starts a relay that follows the archive, until the end of the test. */
  start(config?: Partial<RelayConfig>, options?: { readonly logger?: Logger }): Promise<RelayServer>
  readonly config: RelayConfig
  /** The requests to the service, which are not answered. */
  readonly asked: readonly string[]
}

/** Creates a folder with an archive of these environments. */
export async function offline(...environments: readonly Packed[]): Promise<Offline> {
  const folder = await folderForTest()
  const path = join(folder, 'flags.tar.gz')
  const archive = { archive: path, intervalMs: 20 }
  const config: RelayConfig = { ...DEFAULTS, offline: archive, environments: [] }
  const asked: string[] = []
  const transport: Transport = {
    request({ url }) {
      asked.push(url)
      return Promise.reject(new Error('there is no service'))
    },
    close: () => Promise.resolve(),
  }
  const put = async (...others: readonly Packed[]): Promise<void> =>
    rename(await packed(folder, ...others), path)
  await put(...environments)
  return {
    path,
    put,
    config,
    asked,
    async start(rest = {}, { logger = silent } = {}) {
      const whole = { ...config, ...rest }
      const relay = await startOffline(whole, whole.offline ?? archive, { logger, common: { transport } })
      onTestFinished(() => relay.close())
      return relay
    },
  }
}

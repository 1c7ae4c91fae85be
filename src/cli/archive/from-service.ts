import type { Options } from '../../config/config.ts'
import { createDataSystem } from '../../config/create-data-system.ts'
import { presets } from '../../config/presets.ts'
import type { DataSourceStatus } from '../../model/status.ts'
import { networkOf } from '../../relay/environment-plan.ts'
import { relayLog, writeTo } from '../../relay/log.ts'
import type { Errand, Found } from './found.ts'

type Ending = Found | { readonly reason: 'timeout' | 'off' | 'aborted'; readonly status: DataSourceStatus }

/**
 * Everything a service says of an environment, within the relay's `initTimeoutMs`. A service that has no FDv2 is asked in
 * FDv1, which older relays speak. Rejects with why there is nothing.
 */
export async function readFromService(errand: Errand): Promise<Found> {
  const first = await ask(errand, {})
  const isUnknown = 'reason' in first && first.reason === 'off' && !isRefused(first.status)
  const last = isUnknown ? await ask(errand, { dataSavingMode: false }) : first
  if ('snapshot' in last) return last
  errand.signal.throwIfAborted()
  const { lastError } = last.status
  const wait = last.reason === 'timeout' ? [`no data in ${errand.relay.initTimeoutMs / 1_000} s`] : []
  throw new Error([...wait, lastError?.message].filter(Boolean).join(', ') || 'no data')
}

async function ask({ environment, relay, logger: problems, signal }: Errand, more: Options): Promise<Ending> {
  const { sdkKey, name } = environment
  const { endpoints, initTimeoutMs: timeoutMs } = relay
  const logger = relayLog(writeTo(problems), 'warn').of({ name, sdkKey })
  const options = { ...networkOf(relay), endpoints, logger, ...more }
  const dataSystem = createDataSystem(sdkKey, presets.default(), options)
  try {
    const { reason } = await dataSystem.waitForInitialization({ timeoutMs, signal, minimum: 'refreshed' })
    if (reason !== 'ready') return { reason, status: dataSystem.status.current }
    const { environmentId } = dataSystem
    return { snapshot: dataSystem.snapshot(), ...(environmentId !== undefined && { environmentId }) }
  } finally {
    await dataSystem.close()
  }
}

/** Asked in another way, it would refuse again. */
function isRefused({ lastError }: DataSourceStatus): boolean {
  return lastError?.status === 401 || lastError?.status === 403
}

import { fingerprint } from '../../layout/sidecar.ts'
import type { Survey } from '../../layout/survey.ts'
import type { EnvironmentConfig } from '../../relay/config/relay-config.ts'

/**
 * Throws where a place holds another environment, as far as that can be told: whoever wrote there used another key, and the
 * environment is not known to be the same. Rows of other software say nothing of the kind.
 */
export function refuseForeign(
  { sidecar: found }: Survey,
  { sdkKey }: EnvironmentConfig,
  id: string | undefined,
): void {
  if (found.type !== 'readable') return
  const { keyFingerprint, environmentId } = found.sidecar
  if (keyFingerprint === fingerprint(sdkKey) || (id !== undefined && environmentId === id)) return
  const owner =
    environmentId === undefined ? 'another environment, by its SDK key' : `environment ${environmentId}`
  throw new Error(`its place in the database holds ${owner}`)
}

import type { Logger } from '../model/logger.ts'
import { counted } from '../model/text.ts'
import type { ReadConfig } from '../relay/config/read-relay-config.ts'
import type { RelayConfig } from '../relay/config/relay-config.ts'
import type { RelayServer } from '../relay/relay.ts'
import type { EnvironmentView, RelayView } from '../relay/view.ts'

/**
 * Stops a relay without any data after `initTimeout`, as LaunchDarkly's Relay Proxy does, unless the configuration disables it.
 * The relay continues if at least one environment has data.
 */
export async function checkStart(
  running: RelayServer,
  { config }: ReadConfig,
  logger: Logger,
): Promise<void> {
  const late = await running.started
  const unusable = wrongDatabase(running.view)
  if (unusable !== undefined) {
    await running.close({ delayMs: 0 })
    throw new Error(unusable)
  }
  const unconfigured = withoutConfiguration(running.view)
  if (late.length === 0 && unconfigured === undefined) return
  const message = unconfigured ?? withoutData(late, running.view)
  const reason = exitReason(late, running.view, config)
  if (reason === undefined) return logger.warn(`${message}\nThe relay keeps trying`)
  await running.close({ delayMs: 0 })
  throw new Error(`${message}\n${reason}`)
}

/** Returns why the relay exits although it could keep trying, or `undefined` if it keeps trying. */
function exitReason(
  late: readonly string[],
  { environments }: RelayView,
  { ignoreConnectionErrors, exitOnError }: RelayConfig,
): string | undefined {
  const isRefused = ({ name, source }: EnvironmentView): boolean =>
    late.includes(name) && REFUSED.has(source.lastError?.status ?? 0)
  if (exitOnError && (!ignoreConnectionErrors || environments.some(isRefused))) return EXIT_ON_ERROR
  return ignoreConnectionErrors || late.length < environments.length ? undefined : GIVING_UP
}

/** Statuses of a service that knows no such key. */
const REFUSED: ReadonlySet<number> = new Set([401, 403])

const EXIT_ON_ERROR = 'The relay exits, because exitOnError (EXIT_ON_ERROR) is set'

const GIVING_UP =
  'The relay exits; set ignoreConnectionErrors = true in [Main], or IGNORE_CONNECTION_ERRORS=1, to keep trying'

/** Returns a message if automatic configuration has brought no list of environments, with its last error. */
export function withoutConfiguration({ autoConfig }: RelayView): string | undefined {
  if (autoConfig?.configuration !== 'none') return undefined
  return `start: no list of environments yet: ${autoConfig.lastError?.message ?? 'no response from LaunchDarkly'}`
}

/** Returns a message that lists the environments without data, with their last error. */
export function withoutData(late: readonly string[], { environments }: RelayView): string {
  const reasons = late.map((name) => {
    const environment = environments.find((each) => each.name === name)
    const { lastError } = environment?.source ?? {}
    const shown = environment?.label === undefined ? name : `${environment.label} (${name})`
    // A line of the log has the hint already.
    const message = lastError?.message.replace(` (${lastError.hint})`, '')
    return `\n  ${shown}: ${message ?? 'no response yet'}`
  })
  return `start: no data yet for ${late.length} of ${counted(environments.length, 'environment')}:${reasons.join('')}`
}

/** Returns a message if a configured database cannot be used without another configuration or package. */
export function wrongDatabase({ environments }: RelayView): string | undefined {
  const failures = environments.flatMap(({ name, store }) => {
    const { state, lastError } = store?.status ?? {}
    return state === 'unavailable' &&
      (lastError?.kind === 'wrong_database' || lastError?.kind === 'missing_package')
      ? [`${name}: ${lastError.message}`]
      : []
  })
  return failures.length > 0
    ? `the configured database cannot be used; the relay exits\n  ${failures.join('\n  ')}`
    : undefined
}

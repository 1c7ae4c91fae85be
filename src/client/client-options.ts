import { z } from 'zod'
import type { DataSystemConfig, Options } from '../config/config.ts'
import type { DataSystemOptions } from '../config/data-system-options.ts'
import type { ConfigIssue } from '../model/errors.ts'
import { check } from '../options/check.ts'
import type { Hook } from './hook.ts'
import { isHook } from './hooks.ts'

/** Everything a client can be told. */
export interface ClientOptions extends Options {
  /**
   * What a preset returns, a plan of your own, or the plain object LaunchDarkly documents. Default: FDv1, by the
   * legacy options; unless `dataSavingMode` is on, which means `presets.default()`.
   */
  readonly dataSystem?: DataSystemConfig | DataSystemOptions
  /** See evaluations begin and end. Default none. */
  readonly hooks?: readonly Hook[]
  /** Asks nobody for data: every evaluation returns the fallback value. Default false. */
  readonly offline?: boolean
}

/** Options of the client itself, and those it hands on. */
export interface SplitOptions {
  readonly dataSystem: ClientOptions['dataSystem']
  readonly hooks: readonly Hook[]
  readonly offline: boolean
  readonly rest: Options
  /** What is wrong with those of the client itself. */
  readonly issues: readonly ConfigIssue[]
}

/** Names of options that the client reads itself. */
export const CLIENT_OPTIONS: readonly string[] = ['dataSystem', 'hooks', 'offline']

const own = z.object({
  hooks: z.array(z.custom(isHook, { error: 'an object with the method getMetadata' })).optional(),
  offline: z.boolean().optional(),
})

/** Options that are no object at all are left for the configuration to refuse. */
export function splitOptions(options: ClientOptions): SplitOptions {
  const { dataSystem, hooks, offline, ...rest }: ClientOptions = options ?? {}
  const checked = check<Pick<ClientOptions, 'hooks' | 'offline'>>(
    { hooks, offline },
    { root: 'options', names: { unknown: 'refuse' }, strict: own, lenient: own },
  )
  const valid = 'value' in checked ? checked.value : {}
  return {
    dataSystem,
    hooks: valid.hooks ?? [],
    offline: valid.offline ?? false,
    rest: typeof options === 'object' && options !== null ? rest : options,
    issues: 'issues' in checked ? checked.issues : [],
  }
}

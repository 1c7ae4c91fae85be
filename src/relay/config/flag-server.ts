import type { IssueCollector } from '../../options/issues.ts'
import type { Setting } from '../../options/option-table.ts'
import { isLoopback } from '../loopback.ts'
import { OpenSections, overlay, type Sections } from './sections.ts'

/** The name of the only environment of a flag server. Variables such as `LD_ENV_flags` end with it. */
export const FLAG_SERVER_ENVIRONMENT = 'flags'

/** The credentials of a flag server that accepts every key, for its clients that need some. */
export const LOCAL_KEYS = { sdkKey: 'sdk-local', mobileKey: 'mob-local', envId: 'local' } as const

const LOOPBACK_ADDRESS = '127.0.0.1'

/** Options of an environment that only have a meaning beside an SDK key. */
const NEED_SDK_KEY = ['moreSdkKeys', 'mobileKey', 'moreMobileKeys', 'envId']

export interface FlagServerSources {
  /** The settings of the command line. */
  readonly commandLine: Sections
  /** The settings of the configuration file. */
  readonly file: Sections
  readonly variables: Sections
}

export interface FlagServerSections {
  readonly sections: Sections
  /** True if there is no SDK key: then every key is accepted, and only this machine is served. */
  readonly acceptsAnyKey: boolean
}

/**
 * Returns the settings of a flag server: those of the command line over the others, with defaults that depend on whether there is
 * an SDK key. Reports other environments, credentials without an SDK key, and without one a host that other machines can reach.
 */
export function flagServerSections(
  { commandLine, file, variables }: FlagServerSources,
  collector: IssueCollector,
): FlagServerSections {
  const { place = '--file' } = commandLine.environments.get(FLAG_SERVER_ENVIRONMENT) ?? {}
  for (const [name, other] of [...file.environments, ...variables.environments]) {
    if (name === FLAG_SERVER_ENVIRONMENT && !file.environments.has(name)) continue
    collector.refuse(other.place, `no environment in addition to that of ${place}`, 'an environment')
  }
  const known = overlay(withoutEnvironments(file), commandLine)
  const own = { ...variables, environments: ownEnvironment(variables) }
  const sections = overlay(overlay(known, own), commandLine)
  const settings = sections.environments.get(FLAG_SERVER_ENVIRONMENT)?.settings
  if (settings?.has('sdkKey')) return { sections, acceptsAnyKey: false }
  for (const name of NEED_SDK_KEY) {
    const setting = settings?.get(name)
    if (setting)
      collector.refuse(
        setting.place,
        'an SDK key beside it, because without one every key is accepted',
        'none',
      )
  }
  refuseReachableHosts(sections, collector)
  return { sections: overlay(localDefaults(place), sections), acceptsAnyKey: true }
}

function withoutEnvironments({ shared }: Sections): Sections {
  return { shared, environments: new Map() }
}

function ownEnvironment({ environments }: Sections): Sections['environments'] {
  const own = environments.get(FLAG_SERVER_ENVIRONMENT)
  return new Map(own ? [[FLAG_SERVER_ENVIRONMENT, own]] : [])
}

function refuseReachableHosts({ shared }: Sections, collector: IssueCollector): void {
  const main = shared.get('main')?.settings
  for (const { value, place } of [main?.get('host'), main?.get('adminHost')].flatMap((each) => each ?? [])) {
    if (typeof value !== 'string' || isLoopback(value)) continue
    collector.refuse(
      place,
      'a loopback address such as 127.0.0.1, or an SDK key (--sdk-key), because without one every key is accepted',
      'an address that other machines may reach',
    )
  }
}

function localDefaults(place: string): Sections {
  const sections = new OpenSections()
  const set = (settings: Map<string, Setting>, values: Readonly<Record<string, string>>): void => {
    for (const [name, value] of Object.entries(values)) settings.set(name, { value, place })
  }
  set(sections.openShared('main', place), { host: LOOPBACK_ADDRESS })
  set(sections.openEnvironment(FLAG_SERVER_ENVIRONMENT, place), LOCAL_KEYS)
  return sections
}

import type { Archive, ArchivedEnvironment } from '../archive/archive.ts'
import type { EnvironmentConfig, RelayConfig } from '../config/relay-config.ts'
import { ArchiveSource } from './archive-source.ts'
import { environmentsOf } from './environments-of.ts'

/** What became of the environments, by name. */
export interface ArchiveChanges {
  readonly added: readonly string[]
  readonly updated: readonly string[]
  readonly removed: readonly string[]
}

interface ServedEnvironment {
  readonly archived: ArchivedEnvironment
  readonly config: EnvironmentConfig
  readonly source: ArchiveSource
}

/** The environments of the archive that was read last, each with the source that keeps it current. */
export class OfflineEnvironments {
  #relay: RelayConfig
  #path = ''
  #held: ReadonlyMap<string, ServedEnvironment> = new Map()

  /** @param relay everything that is not about environments. */
  constructor(relay: RelayConfig) {
    this.#relay = relay
  }

  /** The whole configuration: what was handed in, with these environments. */
  get config(): RelayConfig {
    return { ...this.#relay, environments: Array.from(this.#held.values(), ({ config }) => config) }
  }

  sourceOf({ name }: EnvironmentConfig): ArchiveSource | undefined {
    return [...this.#held.values()].find(({ config }) => config.name === name)?.source
  }

  /** The archive is the same as it was. */
  confirm(): void {
    for (const { source } of this.#held.values()) source.confirm()
  }

  /** Takes what is said of everything else. Throws an {@link ArchiveError} where environments cannot be told apart then. */
  configure(relay: RelayConfig): void {
    this.#hold(
      relay,
      this.#path,
      Array.from(this.#held.values(), ({ archived }) => archived),
    )
  }

  /**
   * Takes the environments of another archive in the place of those there are. One whose version and data id are the same
   * is left as it is, whatever else the archive says of it. Throws an {@link ArchiveError} before anything has changed.
   */
  take({ path, environments }: Archive): ArchiveChanges {
    const before = this.#held
    const merged = environments.map((archived) => {
      const known = before.get(archived.id)
      return known && isSame(known.archived, archived) ? known.archived : archived
    })
    this.#hold(this.#relay, path, merged)
    const after = [...this.#held.values()]
    const gone = [...before.values()].filter(({ archived }) => !this.#held.has(archived.id))
    const known = after.filter(({ archived }) => before.has(archived.id))
    return {
      added: after.filter(({ archived }) => !before.has(archived.id)).map(nameOf),
      updated: known.filter(({ archived }) => before.get(archived.id)?.archived !== archived).map(nameOf),
      removed: gone.map(nameOf),
    }
  }

  #hold(relay: RelayConfig, path: string, environments: readonly ArchivedEnvironment[]): void {
    const configs = environmentsOf(path, environments, relay)
    const held = new Map<string, ServedEnvironment>()
    for (const [index, archived] of environments.entries()) {
      const source = this.#held.get(archived.id)?.source ?? new ArchiveSource(archived)
      source.update(archived)
      held.set(archived.id, { archived, config: configs[index] as EnvironmentConfig, source })
    }
    this.#relay = relay
    this.#path = path
    this.#held = held
  }
}

function isSame(one: ArchivedEnvironment, other: ArchivedEnvironment): boolean {
  return one.version === other.version && one.dataId === other.dataId
}

function nameOf({ config }: ServedEnvironment): string {
  return config.name
}

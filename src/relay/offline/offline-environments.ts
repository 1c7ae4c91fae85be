import type { Archive, ArchivedEnvironment } from '../archive/archive.ts'
import type { EnvironmentConfig, RelayConfig } from '../config/relay-config.ts'
import { ArchiveSource } from './archive-source.ts'
import { environmentsOf } from './environments-of.ts'

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

export class OfflineEnvironments {
  #relay: RelayConfig
  #path = ''
  #environments: ReadonlyMap<string, ServedEnvironment> = new Map()

  /** @param relay - the configuration without environments. */
  constructor(relay: RelayConfig) {
    this.#relay = relay
  }

  get config(): RelayConfig {
    return { ...this.#relay, environments: Array.from(this.#environments.values(), ({ config }) => config) }
  }

  sourceOf({ name }: EnvironmentConfig): ArchiveSource | undefined {
    return [...this.#environments.values()].find(({ config }) => config.name === name)?.source
  }

  confirm(): void {
    for (const { source } of this.#environments.values()) source.confirm()
  }

  /** Replaces the configuration of the relay. Throws an {@link ArchiveError} if environments cannot be distinguished then. */
  configure(relay: RelayConfig): void {
    this.#set(
      relay,
      this.#path,
      Array.from(this.#environments.values(), ({ archived }) => archived),
    )
  }

  /**
   * Replaces the environments by those of another archive. An environment with the same version and data id is left unchanged.
   * Throws an {@link ArchiveError} before any change.
   */
  update({ path, environments }: Archive): ArchiveChanges {
    const before = this.#environments
    const merged = environments.map((archived) => {
      const known = before.get(archived.id)
      return known && isSame(known.archived, archived) ? known.archived : archived
    })
    this.#set(this.#relay, path, merged)
    const after = [...this.#environments.values()]
    const removed = [...before.values()].filter(({ archived }) => !this.#environments.has(archived.id))
    const known = after.filter(({ archived }) => before.has(archived.id))
    return {
      added: after.filter(({ archived }) => !before.has(archived.id)).map(nameOf),
      updated: known.filter(({ archived }) => before.get(archived.id)?.archived !== archived).map(nameOf),
      removed: removed.map(nameOf),
    }
  }

  #set(relay: RelayConfig, path: string, environments: readonly ArchivedEnvironment[]): void {
    const configs = environmentsOf(path, environments, relay)
    const next = new Map<string, ServedEnvironment>()
    for (const [index, archived] of environments.entries()) {
      const source = this.#environments.get(archived.id)?.source ?? new ArchiveSource(archived)
      source.update(archived)
      next.set(archived.id, { archived, config: configs[index] as EnvironmentConfig, source })
    }
    this.#relay = relay
    this.#path = path
    this.#environments = next
  }
}

function isSame(one: ArchivedEnvironment, other: ArchivedEnvironment): boolean {
  return one.version === other.version && one.dataId === other.dataId
}

function nameOf({ config }: ServedEnvironment): string {
  return config.name
}

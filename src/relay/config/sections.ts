import type { ConfigIssue } from '../../model/errors.ts'
import type { Section, Setting } from '../../options/option-table.ts'
import type { StoreType } from '../../store/registry.ts'

/** A section that concerns neither a database nor a single environment. */
export type GeneralSection =
  | 'main'
  | 'proxy'
  | 'events'
  | 'concurrency'
  | 'openTelemetry'
  | 'prometheus'
  | 'http'
  | 'offline'
  | 'autoConfig'
/** A section that occurs at most once in a file. */
export type SharedSection = GeneralSection | StoreType
export type SectionName = SharedSection | 'environment'

/** Every setting of a configuration, unchecked. */
export interface Sections {
  readonly shared: ReadonlyMap<SharedSection, Section>
  /** By name, in the order of their first mention. */
  readonly environments: ReadonlyMap<string, Section>
}

/** The settings of one source, with its errors and warnings. */
export interface SourceReading {
  readonly sections: Sections
  readonly issues: readonly ConfigIssue[]
  readonly warnings: readonly string[]
}

export const NO_SECTIONS: Sections = { shared: new Map(), environments: new Map() }

interface OpenSection extends Section {
  readonly settings: Map<string, Setting>
}

export class OpenSections implements Sections {
  readonly shared: Map<SharedSection, OpenSection> = new Map()
  readonly environments: Map<string, OpenSection> = new Map()

  /** Returns the settings of a section, which the caller may add to. `place` is stored if this is the first mention of the section. */
  openShared(name: SharedSection, place: string): Map<string, Setting> {
    return open(this.shared, name, place)
  }

  openEnvironment(name: string, place: string): Map<string, Setting> {
    return open(this.environments, name, place)
  }
}

function open<K>(sections: Map<K, OpenSection>, name: K, place: string): Map<string, Setting> {
  const section = sections.get(name) ?? { place, settings: new Map() }
  sections.set(name, section)
  return section.settings
}

/** Returns the settings of both. If both have an option, that of `above` takes precedence. */
export function overlay(below: Sections, above: Sections): Sections {
  return {
    shared: overlayEach(below.shared, above.shared),
    environments: overlayEach(below.environments, above.environments),
  }
}

function overlayEach<K>(
  below: ReadonlyMap<K, Section>,
  above: ReadonlyMap<K, Section>,
): ReadonlyMap<K, Section> {
  const all = new Map(below)
  for (const [name, section] of above) {
    const { place, settings } = below.get(name) ?? section
    all.set(name, { place, settings: new Map([...settings, ...section.settings]) })
  }
  return all
}

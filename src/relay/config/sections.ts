import type { SharedSection } from './option-table.ts'

/** One value somebody wrote, as they wrote it. */
export interface Setting {
  readonly value: unknown
  /** A file with its line, the name of a variable, or a path in an object. */
  readonly place: string
}

export interface Section {
  /** Where it was mentioned first. */
  readonly place: string
  /** By the names options have in a file. */
  readonly settings: ReadonlyMap<string, Setting>
}

/** All that was written, sorted by what it is about. */
export interface Sections {
  readonly shared: ReadonlyMap<SharedSection, Section>
  /** By name, in the order they were mentioned. */
  readonly environments: ReadonlyMap<string, Section>
}

export const NO_SECTIONS: Sections = { shared: new Map(), environments: new Map() }

interface OpenSection extends Section {
  readonly settings: Map<string, Setting>
}

/** Sections that are still being read. */
export class OpenSections implements Sections {
  readonly shared: Map<SharedSection, OpenSection> = new Map()
  readonly environments: Map<string, OpenSection> = new Map()

  /** The settings of a section, to add to; mentioned first at this place unless it was before. */
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

/** The same with what `above` says in place of what `below` says. */
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

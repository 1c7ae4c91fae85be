import { didYouMean } from '../../model/near-miss.ts'
import { IssueCollector } from '../../options/issues.ts'
import type { IgnoredOption, OptionSection, Setting } from '../../options/option-table.ts'
import { IGNORED_SECTIONS, ignoredWarning } from './ignored-options.ts'
import { type IniEntry, type IniSection, readIni } from './ini.ts'
import { SECTIONS } from './options.ts'
import { OpenSections, type SourceReading } from './sections.ts'

export interface ConfigFile {
  readonly path: string
  readonly text: string
}

/** Maximum size of a file, which is far more than the configuration of 10,000 environments needs. */
const MAX_CHARACTERS = 16 * 2 ** 20

const MAX_SHOWN_NAME = 60

const TITLES = [...SECTIONS.values()].map(({ title }) => title)

/** Returns the settings of a file by section. Names match in any case, as in LaunchDarkly's Relay Proxy. */
export function readFile({ path, text }: ConfigFile): SourceReading {
  const collector = new IssueCollector()
  const sections = new OpenSections()
  if (text.length > MAX_CHARACTERS) {
    collector.refuse(path, 'a file of at most 16 MiB', 'a larger one')
  } else {
    const { sections: written, faults } = readIni(text)
    for (const { line, expected, received } of faults) collector.refuse(`${path}:${line}`, expected, received)
    for (const section of written) readSection(section, { path, sections, collector })
  }
  return { sections, issues: collector.issues, warnings: collector.warnings }
}

interface Target {
  readonly path: string
  readonly sections: OpenSections
  readonly collector: IssueCollector
}

function readSection(written: IniSection, target: Target): void {
  const { path, sections, collector } = target
  const { subsection, line, entries } = written
  const place = `${path}:${line}`
  const known = [...SECTIONS].find(([, { title }]) => isSame(title, written.name))
  if (!known) {
    const print = (name: string): string => `[${name}]`
    reportUnknown(
      written.name,
      { place, expected: 'a known section', known: TITLES, ignored: IGNORED_SECTIONS, print },
      collector,
    )
    return
  }
  const [name, section] = known
  const plain = `[${section.title}]`
  if (name === 'environment') {
    if (subsection === undefined) {
      collector.refuse(place, '[Environment "NAME"]', 'no name')
      return
    }
    const title = `[Environment ${JSON.stringify(subsection.slice(0, MAX_SHOWN_NAME))}]`
    const settings = sections.openEnvironment(subsection, `${place} ${title}`)
    readEntries(entries, { path, collector, section, title, settings })
  } else if (subsection === undefined) {
    const settings = sections.openShared(name, `${place} ${plain}`)
    readEntries(entries, { path, collector, section, title: plain, settings })
  } else {
    collector.refuse(place, plain, 'a second name (only environments have one)')
  }
}

interface UnknownName {
  readonly place: string
  readonly expected: string
  readonly known: readonly string[]
  readonly ignored: readonly IgnoredOption[]
  readonly print: (name: string) => string
}

/** Warns if only LaunchDarkly's Relay Proxy has the name, otherwise reports an error. */
function reportUnknown(
  name: string,
  { place, expected, known, ignored, print }: UnknownName,
  collector: IssueCollector,
): void {
  const option = ignored.find((each) => isSame(each.name, name))
  if (option) {
    if (!option.isNotNeeded) collector.warn(ignoredWarning(`${place} ${print(option.name)}`, option))
    return
  }
  const hint = didYouMean(name, [...known, ...ignored.map((each) => each.name)])
  // Any text that does not resemble a known name may be a secret on the wrong line, so that it is not repeated.
  if (hint === undefined) collector.refuse(place, expected, 'an unknown name')
  else collector.refuse(place, `${expected} (${hint})`, JSON.stringify(name))
}

interface SectionTarget {
  readonly path: string
  readonly section: OptionSection
  readonly title: string
  readonly settings: Map<string, Setting>
  readonly collector: IssueCollector
}

function readEntries(entries: readonly IniEntry[], target: SectionTarget): void {
  for (const entry of entries) readEntry(entry, target)
}

function readEntry(entry: IniEntry, target: SectionTarget): void {
  const { path, section, title, settings, collector } = target
  const line = `${path}:${entry.line} ${title}`
  const option = section.options.find(({ name }) => isSame(name, entry.name))
  if (!option) {
    const known = section.options.map(({ name }) => name)
    const expected = `an option of [${section.title}]`
    const print = (name: string): string => name
    reportUnknown(entry.name, { place: line, expected, known, ignored: section.ignored, print }, collector)
  }
  if (!option || entry.value === '') return
  const place = `${line} ${option.name}`
  // An option without "=" is a switch that is on.
  const value = entry.value ?? true
  const earlier = settings.get(option.name)
  if (earlier && !option.isList) collector.warn(`${place} overrides ${earlier.place}`)
  const list = (earlier?.value ?? []) as readonly unknown[]
  settings.set(option.name, { value: option.isList ? [...list, value] : value, place })
}

function isSame(name: string, other: string): boolean {
  return name.toLowerCase() === other.toLowerCase()
}

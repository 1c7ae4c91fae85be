import { nearMiss } from '../../model/near-miss.ts'
import { Findings } from './findings.ts'
import { optionsOf, type SectionName, TITLES } from './option-table.ts'
import { type IniEntry, type IniSection, readIni } from './read-ini.ts'
import type { Reading } from './reading.ts'
import { OpenSections, type Setting } from './sections.ts'
import { hasNoEffect, OPTIONS_WITHOUT_EFFECT, SECTIONS_WITHOUT_EFFECT } from './without-effect.ts'

export interface ConfigFile {
  /** For messages. */
  readonly path: string
  readonly text: string
}

/** Far more than 10,000 environments need. */
const MOST_CHARACTERS = 16 * 2 ** 20

/** Of an environment, in messages. */
const LONGEST_NAME = 60

const SECTIONS = Object.entries(TITLES) as readonly (readonly [SectionName, string])[]

/** Sorts the values of a file by what they are about. Names are known in any case, as in LaunchDarkly's Relay Proxy. */
export function readFile({ path, text }: ConfigFile): Reading {
  const findings = new Findings()
  const sections = new OpenSections()
  if (text.length > MOST_CHARACTERS) {
    findings.refuse(path, 'at most 16 MiB', 'more')
  } else {
    const { sections: written, faults } = readIni(text)
    for (const { line, expected, received } of faults) findings.refuse(`${path}:${line}`, expected, received)
    for (const section of written) readSection(section, { path, sections, findings })
  }
  return { sections, issues: findings.issues, warnings: findings.warnings }
}

interface Into {
  readonly path: string
  readonly sections: OpenSections
  readonly findings: Findings
}

function readSection(section: IniSection, into: Into): void {
  const { path, sections, findings } = into
  const { subsection, line } = section
  const place = `${path}:${line}`
  const [name] = SECTIONS.find(([, title]) => isSame(title, section.name)) ?? []
  if (name === undefined) {
    readForeignSection(section, place, findings)
  } else if (name !== 'environment' && subsection === undefined) {
    const title = `[${TITLES[name]}]`
    readEntries(section, { ...into, name, title, settings: sections.openShared(name, `${place} ${title}`) })
  } else if (name === 'environment' && subsection !== undefined) {
    const title = `[Environment ${JSON.stringify(subsection.slice(0, LONGEST_NAME))}]`
    const settings = sections.openEnvironment(subsection, `${place} ${title}`)
    readEntries(section, { ...into, name, title, settings })
  } else if (name === 'environment') {
    findings.refuse(place, '[Environment "NAME"]', 'no name')
  } else {
    findings.refuse(place, `[${TITLES[name]}]`, 'a second name, which only environments have')
  }
}

function readForeignSection({ name }: IniSection, place: string, findings: Findings): void {
  const foreign = Object.keys(SECTIONS_WITHOUT_EFFECT)
  const known = foreign.find((each) => isSame(each, name))
  if (known !== undefined) {
    findings.warn(hasNoEffect(`${place} [${known}]`))
  } else {
    const meant = nearMiss(name, [...Object.values(TITLES), ...foreign])
    findings.refuse(place, `a section of a relay${didYouMean(meant)}`, shown(name, meant))
  }
}

interface IntoSection extends Into {
  readonly name: SectionName
  readonly title: string
  readonly settings: Map<string, Setting>
}

function readEntries({ entries }: IniSection, into: IntoSection): void {
  for (const entry of entries) readEntry(entry, into)
}

function readEntry(entry: IniEntry, into: IntoSection): void {
  const line = `${into.path}:${entry.line} ${into.title}`
  const [key, option] = optionsOf(into.name).find(([known]) => isSame(known, entry.name)) ?? []
  if (key === undefined) {
    readForeignEntry(entry, line, into)
  } else if (entry.value !== '') {
    const place = `${line} ${key}`
    // Without "=" it means that something is so.
    const value = entry.value ?? true
    const earlier = into.settings.get(key)
    if (earlier && !option?.isList) into.findings.warn(`${place} counts in place of ${earlier.place}`)
    const list = (earlier?.value ?? []) as readonly unknown[]
    into.settings.set(key, { value: option?.isList ? [...list, value] : value, place })
  }
}

function readForeignEntry(entry: IniEntry, line: string, { name, findings }: IntoSection): void {
  const foreign = Object.keys(OPTIONS_WITHOUT_EFFECT[name])
  const known = foreign.find((each) => isSame(each, entry.name))
  if (known !== undefined) {
    findings.warn(hasNoEffect(`${line} ${known}`))
  } else {
    const meant = nearMiss(entry.name, [...optionsOf(name).map(([key]) => key), ...foreign])
    const expected = `an option of [${TITLES[name]}]${didYouMean(meant)}`
    findings.refuse(line, expected, shown(entry.name, meant))
  }
}

function isSame(name: string, other: string): boolean {
  return name.toLowerCase() === other.toLowerCase()
}

/** What is close to a name of ours is no secret; anything else may be one, on the wrong line. */
function shown(name: string, meant: string | undefined): string {
  return meant === undefined ? 'another word' : JSON.stringify(name)
}

function didYouMean(name: string | undefined): string {
  return name === undefined ? '' : ` (did you mean ${name}?)`
}

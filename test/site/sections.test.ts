import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { ENTRY_POINTS, sourcesOfEntryPoints } from '../../site/entry-points.ts'
import { allDocuments, anchorOf, headingOf, listSections, ROOT, targetOf } from '../../site/pages.ts'

describe('the sidebar of the site', () => {
  const listed = listSections().flatMap(({ pages }) => pages.map(({ source }) => source))

  it('has every document exactly once (add a new one to site/sections.ts)', () => {
    expect([...listed].toSorted()).toEqual([...allDocuments()].toSorted())
  })

  it('has an address of its own for every document', () => {
    const targets = listed.map(targetOf)
    expect(new Set(targets).size).toBe(targets.length)
  })

  it('shows headings without marks', () => {
    expect(headingOf('docs/spec/README.md')).toBe('Specification')
  })
})

describe('the reference of the site', () => {
  it('has all entry points of the package, each with a source and with a sentence about its use', () => {
    const sources = sourcesOfEntryPoints()
    expect(Object.keys(ENTRY_POINTS)).toEqual([...sources.keys()])
    for (const source of sources.values()) expect(existsSync(join(ROOT, source))).toBe(true)
  })
})

it.each([
  ['Start of `halyard relay`', 'start-of-halyard-relay'],
  ["What LaunchDarkly's Relay Proxy has", 'what-launchdarklys-relay-proxy-has'],
  ['A – B', 'a--b'],
])('makes the anchor of "%s" as code hosts do', (heading, anchor) => {
  expect(anchorOf(heading)).toBe(anchor)
})

import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, it } from 'vitest'
import { generated } from '../../scripts/relay-options.ts'
import { GENERAL_SECTIONS, SECTIONS } from '../../src/relay/config/options.ts'
import { readRelayConfig } from '../../src/relay/config/read-relay-config.ts'
import { fixture } from './config/reading.ts'

const page = readFileSync(join(import.meta.dirname, '../../docs/relay.md'), 'utf8')

it('(S90, S92) docs/relay.md and the types follow from the option table (npm run relay-options writes them)', () => {
  for (const { path, present, expected } of generated()) expect(present, path).toBe(expected)
})

it('(S90) names, variables and paths of options are unique', () => {
  const options = [...SECTIONS.values()].flatMap((section) => section.options)
  for (const section of SECTIONS.values()) {
    const names = section.options.map(({ name }) => name.toLowerCase())
    expect(new Set(names).size).toBe(names.length)
  }
  // CACHE_TTL belongs to every database, ENV_ variables to environments of archives and of automatic configuration.
  const variables = options.map(({ variable }) => variable).filter((name) => !/^(CACHE_TTL$|ENV_)/.test(name))
  expect(new Set(variables).size).toBe(variables.length)
  const general = Object.values(GENERAL_SECTIONS).flatMap((section) => section.options)
  const paths = general.flatMap(({ path }) => path ?? [])
  expect(new Set(paths).size).toBe(paths.length)
})

it('(S90) every default is a value that the form of its option accepts', () => {
  const options = [...SECTIONS.values()].flatMap((section) => section.options)
  for (const { name, form, default: value, impliedDefault = value } of options) {
    if (impliedDefault === undefined) continue
    const read = form.read(impliedDefault)
    expect(read, name).toEqual(
      name === 'port' && typeof read === 'object' ? { port: impliedDefault } : impliedDefault,
    )
  }
})

it("(S125) docs/relay.md begins with the examples of LaunchDarkly's document", () => {
  const blocks = [...page.matchAll(/^```(?:ini|sh)\n([\s\S]*?)^```/gm)].map(([, text]) => text)
  expect(blocks[0]).toBe(fixture('daemon-mode.conf'))
  expect(blocks).toContain(fixture('daemon-mode.env'))
})

it('(S91) docs/relay.md shows the errors that the relay reports', () => {
  const shown = [...page.matchAll(/^ {2}(ld-relay\.conf:.*)$/gm)].map(([, line]) => line)
  const text = fixture('daemon-mode.conf')
    .replace('localTtl', 'localTTTl')
    .replace('prefix = "ld:spree:production"', '')
  const config = { path: 'ld-relay.conf', text }
  expect(shown).toHaveLength(2)
  expect(() => readRelayConfig({ file: config })).toThrow(shown.map((line) => `  ${line}`).join('\n'))
})

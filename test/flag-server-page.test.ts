import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { beforeAll, expect, it } from 'vitest'
import { parseFlagFile } from '../src/flag-file/parse.ts'
import { loadYamlParser } from '../src/flag-file/parse-yaml.ts'
import { referenceWarnings } from '../src/flag-file/references.ts'
import { readRelayConfig } from '../src/relay/config/read-relay-config.ts'

const page = readFileSync(join(import.meta.dirname, '../docs/flag-server.md'), 'utf8')

function blocks(language: string): readonly string[] {
  return [...page.matchAll(new RegExp(`^\`\`\`${language}\\n(.*?)^\`\`\`$`, 'gms'))].map(
    ([, text = '']) => text,
  )
}

const flagFiles = blocks('yaml').filter((text) => /^flag/m.test(text))
const configurations = blocks('ini')

beforeAll(() => loadYamlParser('flags.yaml'))

it('finds the examples of docs/flag-server.md', () => {
  expect([flagFiles.length, configurations.length]).toEqual([2, 3])
})

it.each(flagFiles)('the flag file of docs/flag-server.md has no mistake: %s', (text) => {
  const file = parseFlagFile(text, 'flags.yaml')
  expect(file.flags.size).toBeGreaterThan(0)
  expect([...file.warnings, ...referenceWarnings(file)]).toEqual([])
})

it.each(configurations)('the configuration of docs/flag-server.md has no mistake: %s', (text) => {
  const { config, warnings } = readRelayConfig({ file: { path: 'flag-server.conf', text } })
  expect(config.environments.length).toBeGreaterThan(0)
  expect(warnings).toEqual([])
})

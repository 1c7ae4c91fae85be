import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, it } from 'vitest'
import * as forms from '../../src/relay/config/forms.ts'
import type { Option } from '../../src/relay/config/option.ts'
import { OPTION_TABLE, optionsOf, type SectionName, TITLES } from '../../src/relay/config/option-table.ts'
import { readRelayConfig } from '../../src/relay/config/read-relay-config.ts'
import { OPTIONS_WITHOUT_EFFECT, SECTIONS_WITHOUT_EFFECT } from '../../src/relay/config/without-effect.ts'
import { DEFAULT_ADMISSION_LIMITS } from '../../src/server/admission.ts'
import { DEFAULT_HISTORY_LIMITS } from '../../src/server/history.ts'
import { fixture } from './config/reading.ts'

const page = readFileSync(join(import.meta.dirname, '../../docs/relay.md'), 'utf8')
const SECTIONS = Object.keys(OPTION_TABLE) as readonly SectionName[]

/** What stands in code on a page. */
const code = (text: string): string => `\`${text}\``
const NONE = '–'

/** The cells of each row of the tables under a heading that names this section. */
function rowsOf(section: SectionName): readonly (readonly string[])[] {
  const title = section === 'environment' ? '[Environment "NAME"]' : `[${TITLES[section]}]`
  const part = page.split(/^##+ /m).find((each) => each.split('\n', 1)[0]?.endsWith(`: ${code(title)}`))
  return (part ?? '')
    .split('\n')
    .filter((line) => /^\| `\w+` \|/.test(line))
    .map((line) => line.split('|').map((cell) => cell.trim()))
}

/** What the page must say of an option: its names in a file, in a variable and in an object, and its default. */
function expected(
  section: SectionName,
  [key, option]: readonly [key: string, option: Option<unknown>],
): string {
  const { variable, path } = option
  const value = defaultOf(section, key, option)
  return [
    code(key),
    code(section === 'environment' ? `${variable}NAME` : variable),
    path === undefined ? NONE : code(path),
    value === undefined ? NONE : code(value),
  ].join(' | ')
}

/** As it would be written in a file. */
function defaultOf(section: SectionName, key: string, { form, path }: Option<unknown>): string | undefined {
  // Without a value, other sections or the environment of the process decide.
  if (key === 'enabled' || key === 'dataSavingMode') return undefined
  if (section === 'redis' && ['host', 'port', 'url', 'database'].includes(key)) return partOfRedisUrl(key)
  const value = path === undefined ? undefined : valueAt(section, path)
  if (Array.isArray(value)) return value.length > 0 ? value.join(',') : undefined
  if (value === undefined) return (form as unknown) === forms.boolean ? 'false' : undefined
  if (typeof value === 'string') return value
  if (typeof value !== 'number' || (form as unknown) === forms.port) return JSON.stringify(value)
  return (form as unknown) === forms.count ? value.toLocaleString('en-US') : duration(value)
}

/** The URL that a relay uses without any option for it holds the defaults of its parts. */
function partOfRedisUrl(key: string): string | undefined {
  const { hostname, port, pathname } = new URL(String(valueAt('redis', 'store.url')))
  return { host: hostname, port, database: pathname.slice(1) || '0' }[key]
}

/** In a configuration that says nothing of it. */
function valueAt(section: SectionName, path: string): unknown {
  const database = ['redis', 'dynamodb', 'consul'].includes(section)
    ? `[${TITLES[section]}]\nenabled = true\n`
    : ''
  const text = `${database}[Environment "one"]\nsdkKey = k\nprefix = p\ntableName = t\n`
  const { config } = readRelayConfig({ file: { path: 'relay.conf', text } })
  const limits = { history: DEFAULT_HISTORY_LIMITS, admission: DEFAULT_ADMISSION_LIMITS }
  // An environment that says nothing has nothing.
  const whole = section === 'environment' ? {} : { ...config, ...limits }
  return path
    .split('.')
    .reduce<unknown>((inside, name) => (inside as Record<string, unknown> | undefined)?.[name], whole)
}

function duration(ms: number): string {
  if (ms % 3_600_000 === 0) return `${ms / 3_600_000}h`
  return ms % 60_000 === 0 ? `${ms / 60_000}m` : `${ms / 1_000}s`
}

it.each(SECTIONS)(
  '(S90) the page of operators has every option of %s, its three names and its default',
  (section) => {
    const said = rowsOf(section).map(([, ...cells]) => cells.slice(0, 4).join(' | '))
    expect(new Set(said)).toEqual(new Set(optionsOf(section).map((option) => expected(section, option))))
  },
)

it('(S92) the page of operators names everything that is understood and has no effect', () => {
  const cells = [...page.matchAll(/^\| (?:`\[(\w+)\]`|All of) \| (.*) \|$/gm)]
  const said = new Map(
    cells.map(([, title = '', names = '']) => [
      title,
      [...names.matchAll(/`\[?(\w+)\]?`/g)].map(([, name]) => name),
    ]),
  )
  const known = SECTIONS.map(
    (section) => [TITLES[section], Object.keys(OPTIONS_WITHOUT_EFFECT[section])] as const,
  )
  expect(said).toEqual(
    new Map([...known.filter(([, names]) => names.length > 0), ['', Object.keys(SECTIONS_WITHOUT_EFFECT)]]),
  )
})

it('(S125) the page of operators begins with the examples of the document, as they stand', () => {
  const blocks = [...page.matchAll(/^```(?:ini|sh)\n([\s\S]*?)^```/gm)].map(([, text]) => text)
  expect(blocks[0]).toBe(fixture('daemon-mode.conf'))
  expect(blocks).toContain(fixture('daemon-mode.env'))
})

it('(S91) what the page shows of a refusal is what is said', () => {
  const shown = [...page.matchAll(/^ {2}(ld-relay\.conf:.*)$/gm)].map(([, line]) => line)
  const text = fixture('daemon-mode.conf')
    .replace('localTtl', 'localTTTl')
    .replace('prefix = "ld:spree:production"', '')
  const config = { path: 'ld-relay.conf', text }
  expect(shown).toHaveLength(2)
  expect(() => readRelayConfig({ file: config })).toThrow(shown.map((line) => `  ${line}`).join('\n'))
})

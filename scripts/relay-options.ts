import { existsSync, readFileSync, writeFileSync } from 'node:fs'
import { relative } from 'node:path'
import { fileURLToPath } from 'node:url'
import type { IgnoredOption, Option, OptionSection } from '../src/options/option-table.ts'
import { ENVIRONMENT } from '../src/relay/config/environment-options.ts'
import { IGNORED_SECTIONS } from '../src/relay/config/ignored-options.ts'
import { GENERAL_SECTIONS, SECTIONS } from '../src/relay/config/options.ts'
import type { SectionName } from '../src/relay/config/sections.ts'
import { STORES, type StoreConfig } from '../src/store/registry.ts'
import type { StoreModule } from '../src/store/store-module.ts'

// Writes the option tables of docs/relay.md and the types of the options from the option table of the relay.

const PAGE = new URL('../docs/relay.md', import.meta.url)
const TYPES = new URL('../src/relay/config/option-types.ts', import.meta.url)
const GROUP_TYPES = new URL('../src/relay/config/option-groups.ts', import.meta.url)

/** A generated file: its present text, and the text that follows from the option table. */
export interface Generated {
  readonly path: string
  readonly present: string
  readonly expected: string
}

export function generated(): readonly Generated[] {
  return [
    generate(PAGE, withTables),
    generate(TYPES, () => optionTypes()),
    generate(GROUP_TYPES, () => groupTypes()),
    ...STORES.map((store) =>
      generate(new URL(`../src/store/${store.type}/relay-option-types.ts`, import.meta.url), () =>
        storeTypes(store),
      ),
    ),
  ]
}

function generate(url: URL, write: (present: string) => string): Generated {
  const present = existsSync(url) ? readFileSync(url, 'utf8') : ''
  return { path: fileURLToPath(url), present, expected: write(present) }
}

/** Returns the page with the table of each section under the heading that ends with its name, such as `[Main]`. */
function withTables(page: string): string {
  const withOptions = [...SECTIONS].reduce((text, [name, section]) => {
    if (section.options.length === 0) return text
    const title = name === 'environment' ? '[Environment "NAME"]' : `[${section.title}]`
    const heading = new RegExp(`^##+ .*: \`${title.replaceAll(/[[\]]/g, '\\$&')}\`$`, 'm')
    return replaceTable(text, heading, optionRows(name, section))
  }, page)
  return replaceTable(withOptions, /^## What LaunchDarkly's Relay Proxy has .*$/m, ignoredRows(), 2)
}

/** Replaces the first table after a heading, or the one with this number. */
function replaceTable(page: string, heading: RegExp, rows: readonly string[], number = 1): string {
  const found = heading.exec(page)
  if (!found) throw new Error(`docs/relay.md lacks the heading ${heading}`)
  const tables = [...page.slice(found.index).matchAll(/(?:^\|.*\n)+/gm)]
  const table = tables[number - 1]
  if (!table) throw new Error(`docs/relay.md lacks a table under ${heading}`)
  const start = found.index + table.index
  return `${page.slice(0, start)}${rows.join('\n')}\n${page.slice(start + table[0].length)}`
}

const NONE = '–'

function optionRows(name: SectionName, { options }: OptionSection): readonly string[] {
  const isDatabase = STORES.some(({ type }) => type === name)
  const rows = options.map((option) => {
    const { variable, ownVariable, path } = option
    const value = printedDefault(option)
    const cells = [
      code(option.name),
      code(name === 'environment' ? `${variable}NAME` : variable) +
        (ownVariable === undefined ? '' : `, ${code(ownVariable)}`),
      path === undefined ? NONE : code(isDatabase ? `store.${path}` : path),
      value === undefined ? NONE : code(value),
      descriptionOf(option),
    ]
    return `| ${cells.join(' | ')} |`
  })
  return ['| File | Variable | Object | Default | Description |', '|---|---|---|---|---|', ...rows]
}

/** Returns the description with the effect of a reload. The text of the page covers databases and environments. */
function descriptionOf({ description, reload }: Option): string {
  switch (reload) {
    case 'at once':
      return `${description} A reload applies it.`
    case 'environments start again':
      return `${description} A reload applies it and starts all environments again.`
    case undefined:
      return description
    default:
      return reload satisfies never
  }
}

function ignoredRows(): readonly string[] {
  const rows = [...SECTIONS.values()].flatMap(({ title, ignored }) =>
    [...Map.groupBy(ignored, ({ reason }) => reason).values()].map((group) => ignoredRow(title, group)),
  )
  const sections = IGNORED_SECTIONS.map(({ name, options, reason }) =>
    ignoredRow(
      name,
      options.map((option) => ({ ...option, reason })),
    ),
  )
  return [
    '| Section | Options | Variables | Why they have no effect |',
    '|---|---|---|---|',
    ...rows,
    ...sections,
  ]
}

/** Returns the row of options of one section with the same reason. */
function ignoredRow(title: string, options: readonly IgnoredOption[]): string {
  const variables = options.flatMap(({ variable }) => variable ?? [])
  const { reason = '', isNotNeeded } = options[0] ?? {}
  const cells = [
    code(`[${title}]`),
    options.map(({ name }) => code(name)).join(', '),
    variables.length > 0 ? variables.map(code).join(', ') : NONE,
    `${reason}${isNotNeeded ? ' (no warning)' : ''}`,
  ]
  return `| ${cells.join(' | ')} |`
}

/** Returns the default as a file would contain it, or `undefined` if the description explains it. */
function printedDefault(option: Option): string | undefined {
  const value = option.default ?? option.impliedDefault
  if (Array.isArray(value)) return value.length > 0 ? value.join(',') : undefined
  if (typeof value === 'string' || typeof value === 'boolean') return String(value)
  if (typeof value !== 'number') return undefined
  const { unit } = option.form
  if (unit === undefined) return String(value)
  if (unit === 'bytes') return `${value / 1_024 ** 2}MiB`
  return unit === 'items' ? value.toLocaleString('en-US') : duration(value)
}

function duration(ms: number): string {
  if (ms === 0) return '0'
  if (ms % 3_600_000 === 0) return `${ms / 3_600_000}h`
  return ms % 60_000 === 0 ? `${ms / 60_000}m` : `${ms / 1_000}s`
}

function code(text: string): string {
  return `\`${text}\``
}

/** The groups of options in the typed configuration. */
const GROUPS: Readonly<
  Record<string, { readonly type: string; readonly doc: string; readonly isOptional?: true }>
> = {
  ready: {
    type: 'ReadyPolicy',
    doc: 'Conditions that every environment must meet for `/readyz` to answer 200.',
  },
  history: { type: 'HistoryConfig', doc: 'Limits of the changes kept for clients that reconnect.' },
  endpoints: { type: 'EndpointConfig', doc: "Base URLs of the service. Default: LaunchDarkly's." },
  tls: { type: 'ServingTls', doc: 'Certificate and key for HTTPS, which replaces HTTP.', isOptional: true },
  admin: { type: 'AdminConfig', doc: 'Port of its own for operators.', isOptional: true },
  adminLogin: {
    type: 'AdminLogin',
    doc: 'User name and password that the page, `/status` and `/metrics` require.',
    isOptional: true,
  },
  prometheus: {
    type: 'PrometheusConfig',
    doc: "Additional port with `/metrics` only, as LaunchDarkly's Relay Proxy has it.",
    isOptional: true,
  },
  proxy: {
    type: 'ProxyConfig',
    doc: 'Proxy through which the relay reaches LaunchDarkly.',
    isOptional: true,
  },
  events: { type: 'EventForwardingConfig', doc: 'Forwarding of the analytics events of SDKs.' },
  admission: { type: 'AdmissionConfig', doc: 'Limits of the full payloads sent at the same time.' },
  offline: {
    type: 'OfflineConfig',
    doc: "Archive that the relay serves instead of LaunchDarkly's data.",
    isOptional: true,
  },
  autoConfig: {
    type: 'AutoConfigOptions',
    doc: 'Automatic configuration, in which LaunchDarkly sends the environments.',
    isOptional: true,
  },
}

const BANNER = '// Generated by `npm run relay-options` from the option table; do not edit.'

const GENERAL_OPTIONS = Object.values(GENERAL_SECTIONS).flatMap((section) => section.options)

/** Returns the options with a path such as `history.maxSteps` by their group, with the rest of the path. */
function groupedOptions(): ReadonlyMap<string, readonly Option[]> {
  const groups = new Map<string, Option[]>()
  for (const option of GENERAL_OPTIONS) {
    const [group = '', member] = option.path?.split('.') ?? []
    if (member !== undefined) groups.set(group, [...(groups.get(group) ?? []), { ...option, path: member }])
  }
  return groups
}

function optionTypes(): string {
  const groups = groupedOptions()
  const names = GENERAL_OPTIONS.flatMap(({ path }) => path?.split('.', 1) ?? [])
  const members = [...new Set(names)].map((name) => {
    const option = GENERAL_OPTIONS.find(({ path }) => path === name)
    return option ? memberText(name, option, isPresent(option)) : groupText(name)
  })
  const types = [...groups.keys()].map((name) => `  ${groupOf(name).type},`).sort()
  return [
    BANNER,
    "import type { FurtherKey } from '../../options/key-list.ts'",
    "import type { LogFormat, LogLevel } from '../../options/value-forms.ts'",
    'import type {',
    ...types,
    "} from './option-groups.ts'",
    '',
    interfaceText(
      'GeneralConfig',
      'The options of a relay apart from its database and environments.',
      members,
    ),
    interfaceText(
      'EnvironmentOptions',
      'The options of `[Environment "NAME"]`.',
      membersOf(ENVIRONMENT.options, isPresent),
    ),
  ].join('\n')
}

function groupTypes(): string {
  const groups = [...groupedOptions()].map(([name, rows]) =>
    interfaceText(groupOf(name).type, groupOf(name).doc, membersOf(rows, isPresent)),
  )
  return [
    BANNER,
    "import type { SecureVersion } from 'node:tls'",
    "import type { ReadyRequirement } from '../../options/value-forms.ts'",
    '',
    ...groups,
  ].join('\n')
}

function storeTypes({ type, section }: StoreModule<StoreConfig>): string {
  const members = [`  readonly type: '${type}'`, ...membersOf(section.options, () => false)]
  return [
    BANNER,
    interfaceText(`${pascalCase(type)}Options`, `The options of \`[${section.title}]\`.`, members),
  ].join('\n')
}

/** Returns whether the typed configuration always contains the option. */
function isPresent({ isRequired, default: value }: Option): boolean {
  return isRequired === true || value !== undefined
}

function membersOf(options: readonly Option[], present: (option: Option) => boolean): readonly string[] {
  return options.flatMap((option) =>
    option.path === undefined ? [] : [memberText(option.path, option, present(option))],
  )
}

function memberText(name: string, option: Option, isRequired: boolean): string {
  const { description, form } = option
  const value = option.default ?? option.impliedDefault
  const sentences = [
    description,
    form.unit === 'milliseconds' && 'In milliseconds.',
    form.unit === 'bytes' && 'In bytes.',
    value !== undefined &&
      !(Array.isArray(value) && value.length === 0) &&
      `Default ${docDefault(value, option)}.`,
  ]
  const doc = docText(sentences.filter(Boolean).join(' '), '  ')
  return `${doc}\n  readonly ${name}${isRequired ? '' : '?'}: ${form.type}`
}

function docDefault(value: unknown, { form }: Option): string {
  if (typeof value === 'number') return form.unit ? value.toLocaleString('en-US') : String(value)
  return Array.isArray(value) ? code(JSON.stringify(value)) : code(String(value))
}

function groupText(name: string): string {
  const { type, doc, isOptional } = groupOf(name)
  return `${docText(isOptional ? `${doc} Default: none.` : doc, '  ')}\n  readonly ${name}${isOptional ? '?' : ''}: ${type}`
}

function groupOf(name: string): (typeof GROUPS)[string] {
  const group = GROUPS[name]
  if (!group) throw new Error(`scripts/relay-options.ts lacks the group ${name}`)
  return group
}

function interfaceText(name: string, doc: string, members: readonly string[]): string {
  return `${docText(doc, '')}\nexport interface ${name} {\n${members.join('\n')}\n}\n`
}

const MAX_WIDTH = 110

/** Returns a docstring on one line if it fits, otherwise wrapped. */
function docText(text: string, indent: string): string {
  const line = `${indent}/** ${text} */`
  if (line.length <= MAX_WIDTH) return line
  const lines = ['']
  for (const word of text.split(' ')) {
    const extended = `${lines.at(-1)} ${word}`
    if (indent.length + extended.length + 2 > MAX_WIDTH) lines.push(` ${word}`)
    else lines[lines.length - 1] = extended
  }
  return [`${indent}/**`, ...lines.map((each) => `${indent} *${each}`), `${indent} */`].join('\n')
}

function pascalCase(word: string): string {
  return word.charAt(0).toUpperCase() + word.slice(1)
}

if (import.meta.main) {
  const changed = generated().filter(({ present, expected }) => present !== expected)
  for (const { path, expected } of changed) {
    writeFileSync(path, expected)
    console.log(`wrote ${relative(process.cwd(), path)}`)
  }
  if (changed.length === 0) console.log('no changes: the option table, docs/relay.md and the types agree')
}

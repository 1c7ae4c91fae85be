import type { Change } from '../../model/change-set.ts'
import { TOO_DEEP, tooDeepAmong } from '../../model/nesting.ts'
import { counted, printable } from '../../model/text.ts'
import type { Archive, ArchivedEnvironment, ArchiveError } from '../../relay/archive/archive.ts'
import { environmentIds, parseArchive, verifyChecksum } from '../../relay/archive/read-archive.ts'
import { unpack } from '../../relay/archive/unpack.ts'
import { masked } from '../../relay/masked-keys.ts'
import { parseArguments, UsageError } from '../arguments.ts'
import { type CommandContext, printResult } from '../command.ts'
import { HELP_ROW, helpText } from '../help.ts'
import { quoted, table } from '../inspect/format.ts'

const USAGE = helpText({
  usage: 'archive show FILE [options]',
  about: ['Lists the environments of an archive and checks its checksum. Never prints a complete key.'],
  sections: [{ title: 'Options', rows: [['--json', 'print JSON'], HELP_ROW] }],
  examples: ['halyard archive show flags.tar.gz'],
  exitCodes: [
    ['0', 'valid'],
    ['1', 'a relay would refuse it (the output names the reason)'],
    ['2', 'wrong command line'],
  ],
  page: 'docs/archive.md',
})

/** Prints the environments of an archive, even if its checksum is wrong. */
export async function showArchive(args: readonly string[], context: CommandContext): Promise<number> {
  const options = readOptions(args)
  if (options === 'help') return printResult(USAGE, context)
  const { path, format } = options
  const files = await unpack(path, context.signal)
  const ids = environmentIds(path, files)
  const archive = parseArchive(path, files, ids)
  const fault = faultOf(() => verifyChecksum(path, files, ids))
  context.stdout(format === 'json' ? asJson(archive, fault) : describe(archive, fault))
  return fault ? 1 : 0
}

function faultOf(verify: () => void): ArchiveError | undefined {
  try {
    verify()
    return undefined
  } catch (error) {
    return error as ArchiveError
  }
}

function describe({ path, environments }: Archive, fault: ArchiveError | undefined): string {
  const facts = environments.map(factsOf)
  const lines = facts.map((each) => {
    const { id, name, key, furtherKeys, flags, segments, version, dataId } = each
    const more = furtherKeys > 0 ? ` and ${furtherKeys} more` : ''
    return [printable(name), id, `${key}${more}`, flags, segments, String(version), printable(dataId)]
  })
  const leftOut = facts.flatMap((each) =>
    each.leftOut.map(
      ({ kind, key, reason }) =>
        `${printable(each.name)}: a relay leaves out ${kind} ${quoted(key)}: ${reason}`,
    ),
  )
  const heads = ['ENVIRONMENT', 'ID', 'SDK KEY', 'FLAGS', 'SEGMENTS', 'VERSION', 'DATA ID']
  const result = fault ? `wrong: ${fault.message}` : 'right'
  return [
    printable(`${path}: ${counted(environments.length, 'environment')}`),
    `Checksum: ${printable(result)}`,
    '',
    ...table([heads, ...lines]),
    ...(leftOut.length > 0 ? ['', ...leftOut] : []),
  ].join('\n')
}

function asJson({ path, environments }: Archive, fault: ArchiveError | undefined): string {
  const checksum = fault ? { verdict: 'wrong', reason: fault.reason } : { verdict: 'right' }
  return JSON.stringify({ archive: path, checksum, environments: environments.map(factsOf) }, null, 2)
}

function factsOf({
  id,
  name,
  projName,
  projKey,
  sdkKey,
  moreSdkKeys,
  version,
  dataId,
  data,
}: ArchivedEnvironment) {
  const { changes } = data.changeSet
  const tooDeep = tooDeepAmong(changes)
  const count = (kind: 'flag' | 'segment'): number => {
    const ofKind = (change: Change): boolean => change.kind === kind && change.op === 'put'
    return changes.filter(ofKind).length - tooDeep.filter(ofKind).length
  }
  return {
    name: [projName, name].filter(Boolean).join(' '),
    id,
    projKey,
    key: masked(sdkKey),
    furtherKeys: moreSdkKeys.length,
    flags: count('flag'),
    segments: count('segment'),
    version,
    dataId,
    leftOut: tooDeep.map(({ kind, key }) => ({ kind, key, reason: TOO_DEEP })),
  }
}

function readOptions(
  args: readonly string[],
): { readonly path: string; readonly format: 'text' | 'json' } | 'help' {
  const { values, positionals } = parseArguments(args, OPTIONS)
  if (values.help) return 'help'
  const [path, ...rest] = positionals
  if (path === undefined || path === '') throw new UsageError('archive show needs the path of an archive')
  if (rest.length > 0)
    throw new UsageError(`archive show takes one archive; unexpected arguments: ${rest.join(' ')}`)
  return { path, format: values.json ? 'json' : 'text' }
}

const OPTIONS = { json: { type: 'boolean' }, help: { type: 'boolean', short: 'h' } } as const

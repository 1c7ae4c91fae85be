import { constants } from 'node:buffer'
import { readFile, stat } from 'node:fs/promises'
import { systemClock } from '../async/clock.ts'
import { finishInSlices } from '../async/slices.ts'
import { FlagFileError, unreadable } from './flag-file-error.ts'
import { withFolders } from './folder.ts'
import {
  type FileFormat,
  type FlagFile,
  type FlagItems,
  formatOf,
  type ParseOptions,
  parsingFlagFile,
} from './parse.ts'
import { loadYamlParser, type YamlParser } from './parse-yaml.ts'
import { referenceWarnings } from './references.ts'
import { fingerprintsOf } from './watch.ts'

/** Reads and parses a flag file. Rejects with a {@link FlagFileError} if it cannot be read, is not UTF-8, or is invalid. */
export async function readFlagFile(path: string, yamlParser?: YamlParser): Promise<FlagFile> {
  return parseFlagText(await readText(path), { path, format: formatOf(path), yamlParser })
}

export interface FlagText extends ParseOptions {
  /** A name of the file for messages. */
  readonly path: string
  readonly format: FileFormat
}

/** Parses the text of a flag file in time slices. Rejects with a {@link FlagFileError} if it is invalid. */
export async function parseFlagText(text: string, { path, ...options }: FlagText): Promise<FlagFile> {
  if (options.format === 'yaml' && !options.yamlParser) await loadYamlParser(path)
  return finishInSlices(parsingFlagFile(text, path, options), systemClock)
}

/** Reads a file as text. Rejects with a {@link FlagFileError} if it cannot be read or is not UTF-8. */
export async function readText(path: string): Promise<string> {
  await refuseSpecialFile(path)
  const bytes = await readFile(path).catch((cause: NodeJS.ErrnoException) => {
    throw unreadable(path, cause)
  })
  // In UTF-16, each ASCII letter has a zero byte. A byte order mark is optional, so it proves nothing.
  if (bytes.subarray(0, SCANNED_BYTES).includes(0)) {
    throw new FlagFileError({ path, reason: 'is not UTF-8 (is it UTF-16?); save it as UTF-8' })
  }
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(bytes)
  } catch (cause) {
    const isTooLong = bytes.length > constants.MAX_STRING_LENGTH
    const reason = isTooLong
      ? 'is too large (more than 512 MiB); divide it into several files'
      : 'is not UTF-8; save it as UTF-8'
    throw new FlagFileError({ path, reason }, { cause })
  }
}

const SCANNED_BYTES = 1_024

/** Rejects if the path is a pipe, a socket or a device. Reading one may wait for ever, and the process could then not end. */
async function refuseSpecialFile(path: string): Promise<void> {
  const stats = await stat(path).catch(() => undefined)
  // readFile names the reason for a folder or a missing file.
  if (!stats || stats.isFile() || stats.isDirectory()) return
  throw new FlagFileError({ path, reason: 'is a pipe, a socket or a device; name a regular file' })
}

/** Flag files, merged into one. */
export interface FlagFiles {
  /**
   * The paths, in the order of reading. A folder stands for its files `*.json`, `*.yaml` and `*.yml` in the order of their names,
   * without hidden ones. A file is YAML if its name ends in `.yml` or `.yaml`, otherwise JSON.
   */
  readonly paths: readonly string[]
  /** The treatment of a key that several files contain: `lastWins` keeps the last one, `fail` is an error. Default `lastWins`. */
  readonly duplicateKeys?: 'lastWins' | 'fail'
  /** A synchronous parser for YAML files. Default: the built-in parser, whose errors have line and column. */
  readonly yamlParser?: YamlParser
}

const MAX_READS = 3

/**
 * Reads and merges the files. Rejects with the {@link FlagFileError} of the first invalid file; there is no partial result. Reads again
 * if a file changed meanwhile, because a deployment may have replaced some of them between two reads.
 */
export async function readFlagFiles(options: FlagFiles): Promise<FlagFile> {
  const { paths } = options
  for (let reads = 1; ; reads++) {
    const before = await fingerprintsOf(paths)
    const reading = readOnce(options)
    const isStable = reading
      .then(noResult, noResult)
      .then(async () => before === (await fingerprintsOf(paths)))
    if ((await isStable) || reads === MAX_READS) return reading
  }
}

function noResult(): void {}

async function readOnce(options: FlagFiles): Promise<FlagFile> {
  const { paths, duplicateKeys = 'lastWins', yamlParser } = options
  const files: PlacedFile[] = []
  for (const path of await withFolders(paths)) {
    const file = { path, ...(await readFlagFile(path, yamlParser)) }
    if (duplicateKeys === 'fail') refuseDuplicates(file, files)
    files.push(file)
  }
  return mergeFlagFiles(files)
}

/** Returns the flags and segments of all files. For a key in several of them the last file counts. */
export function mergeFlagFiles(files: readonly FlagFile[]): FlagFile {
  const items = mergeItems(files)
  return { ...items, warnings: [...files.flatMap(({ warnings }) => warnings), ...referenceWarnings(items)] }
}

/** Does the same as {@link mergeFlagFiles}, without warnings. */
export function mergeItems(files: readonly FlagItems[]): FlagItems {
  return {
    flags: new Map(files.flatMap(({ flags }) => [...flags])),
    segments: new Map(files.flatMap(({ segments }) => [...segments])),
  }
}

interface PlacedFile extends FlagFile {
  readonly path: string
}

function refuseDuplicates({ path, ...file }: PlacedFile, earlier: readonly PlacedFile[]): void {
  for (const other of earlier) {
    for (const section of ['flags', 'segments'] as const) {
      const key = [...file[section].keys()].find((candidate) => other[section].has(candidate))
      if (key !== undefined) {
        throw new FlagFileError({
          path,
          reason: `${section}: ${JSON.stringify(key)} is in ${other.path} too`,
        })
      }
    }
  }
}

import { readFile } from 'node:fs/promises'
import { OPEN_FILE_LIMITS } from '../model/error-text.ts'
import { FlagFileError } from './flag-file-error.ts'
import { type FlagFile, isYaml, loadYamlParser, parseFlagFile, type YamlParser } from './parse.ts'
import { referenceWarnings } from './references.ts'

/** Reads and parses a flag file. Rejects with a {@link FlagFileError} if it cannot be read, is not UTF-8, or is invalid. */
export async function readFlagFile(path: string, yamlParser?: YamlParser): Promise<FlagFile> {
  if (isYaml(path) && !yamlParser) await loadYamlParser(path)
  return parseFlagFile(await readText(path), path, yamlParser)
}

async function readText(path: string): Promise<string> {
  const bytes = await readFile(path).catch((cause: NodeJS.ErrnoException) => {
    throw new FlagFileError({ path, reason: reasonOf(cause) }, { cause })
  })
  // In UTF-16, each ASCII letter has a zero byte. A byte order mark is optional, so it proves nothing.
  if (bytes.subarray(0, SCANNED_BYTES).includes(0)) {
    throw new FlagFileError({ path, reason: 'is not UTF-8 (is it UTF-16?); save it as UTF-8' })
  }
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(bytes)
  } catch (cause) {
    throw new FlagFileError({ path, reason: 'is not UTF-8; save it as UTF-8' }, { cause })
  }
}

const SCANNED_BYTES = 1_024

function reasonOf({ code, message }: NodeJS.ErrnoException): string {
  if (code === 'EISDIR') return 'is a directory; name a file in it'
  if (code === 'EMFILE' || code === 'ENFILE') return `cannot be read: ${OPEN_FILE_LIMITS[code]} (${code})`
  return `cannot be read: ${message}`
}

/** Flag files, merged into one. */
export interface FlagFiles {
  /** The paths, in the order of reading. A file is YAML if its name ends in `.yml` or `.yaml`, otherwise JSON. */
  readonly paths: readonly string[]
  /** The treatment of a key that several files contain: `lastWins` keeps the last one, `fail` is an error. Default `lastWins`. */
  readonly duplicateKeys?: 'lastWins' | 'fail'
  /** A synchronous parser for YAML files. Default: the built-in parser, whose errors have line and column. */
  readonly yamlParser?: YamlParser
}

/** Reads and merges the files. Rejects with the {@link FlagFileError} of the first invalid file; there is no partial result. */
export async function readFlagFiles(options: FlagFiles): Promise<FlagFile> {
  const { paths, duplicateKeys = 'lastWins', yamlParser } = options
  const files: PlacedFile[] = []
  for (const path of paths) {
    const file = { path, ...(await readFlagFile(path, yamlParser)) }
    if (duplicateKeys === 'fail') refuseDuplicates(file, files)
    files.push(file)
  }
  const all = {
    flags: new Map(files.flatMap(({ flags }) => [...flags])),
    segments: new Map(files.flatMap(({ segments }) => [...segments])),
  }
  return { ...all, warnings: [...files.flatMap(({ warnings }) => warnings), ...referenceWarnings(all)] }
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

import { readFile } from 'node:fs/promises'
import { FlagFileError } from './flag-file-error.ts'
import { type FlagFile, isYaml, loadYamlParser, parseFlagFile, type YamlParser } from './parse.ts'
import { referenceWarnings } from './references.ts'

/** Reads and parses a flag file. A file that cannot be read, or is not UTF-8, is a {@link FlagFileError} too. */
export async function readFlagFile(path: string, yamlParser?: YamlParser): Promise<FlagFile> {
  if (isYaml(path) && !yamlParser) await loadYamlParser(path)
  return parseFlagFile(await readText(path), path, yamlParser)
}

async function readText(path: string): Promise<string> {
  const bytes = await readFile(path).catch((cause: NodeJS.ErrnoException) => {
    throw new FlagFileError({ path, reason: unreadable(cause) }, { cause })
  })
  // Text of UTF-16 has a zero byte beside each letter of ASCII; a byte order mark is not required.
  if (bytes.subarray(0, MOST_LOOKED_AT).includes(0)) {
    throw new FlagFileError({ path, reason: 'is not UTF-8 (is it UTF-16?); save it as UTF-8' })
  }
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(bytes)
  } catch (cause) {
    throw new FlagFileError({ path, reason: 'is not UTF-8; save it as UTF-8' }, { cause })
  }
}

const MOST_LOOKED_AT = 1_024

function unreadable({ code, message }: NodeJS.ErrnoException): string {
  return code === 'EISDIR' ? 'is a directory; name a file in it' : `cannot be read: ${message}`
}

/** Flag files that are read as one. */
export interface FlagFiles {
  /** Read in this order. JSON, or YAML where the name ends in `.yml` or `.yaml`. */
  readonly paths: readonly string[]
  /** What becomes of a key that several files have. Default `lastWins`; `fail`: the files are refused. */
  readonly duplicateKeys?: 'lastWins' | 'fail'
  /** Reads the text of YAML files, at once. Default: a parser of ours, whose errors name line and column. */
  readonly yamlParser?: YamlParser
}

/** Reads the files as one, all or nothing: throws the {@link FlagFileError} of the first that is wrong. */
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

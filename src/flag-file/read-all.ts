import { FlagFileError } from './flag-file-error.ts'
import type { FlagFile } from './parse.ts'
import type { YamlParser } from './parse-yaml.ts'
import { readFlagFile } from './read.ts'
import { referenceWarnings } from './references.ts'

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

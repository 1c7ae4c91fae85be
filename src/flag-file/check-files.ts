import { systemClock } from '../async/clock.ts'
import { finishInSlices } from '../async/slices.ts'
import { FlagFileError, type FlagFileFault } from './flag-file-error.ts'
import { withFolders } from './folder.ts'
import { type CheckedFlagFile, checkingFlagFile, type FileFormat, type FlagItems, formatOf } from './parse.ts'
import { loadYamlParser } from './parse-yaml.ts'
import { mergeItems, readText } from './read.ts'
import { referenceProblems } from './references.ts'

/** A text that is checked like a file of this name. */
interface NamedText {
  readonly path: string
  readonly format: FileFormat
  readonly text: string
}

/** The path of a file or folder, or a text. */
export type CheckSource = string | NamedText

/** The problems of several flag files. */
export interface FilesReport {
  /** The paths of the files, with those in folders. */
  readonly paths: readonly string[]
  /** The merged content. Undefined if there are errors. */
  readonly items: FlagItems | undefined
  readonly errors: readonly FlagFileFault[]
  readonly warnings: readonly FlagFileFault[]
}

/**
 * Checks flag files as a server does that reads them in this order, and returns all problems. There are no errors if and only if
 * `readFlagFiles` accepts the files. References between flags and segments are checked in the merged content, which exists only
 * without errors.
 */
export async function checkFlagFiles(sources: readonly CheckSource[]): Promise<FilesReport> {
  const byPath = new Map<string, Check>()
  for (const source of sources) {
    for (const check of await checkSource(source)) {
      // The last place of a file that is named twice counts.
      byPath.delete(check.path)
      byPath.set(check.path, check)
    }
  }
  const checks = [...byPath.values()]
  const report = {
    paths: [...byPath.keys()],
    errors: checks.flatMap(({ errors }) => errors),
    warnings: checks.flatMap(({ warnings }) => warnings),
  }
  if (report.errors.length > 0) return { ...report, items: undefined }
  const items = mergeItems(checks.flatMap(({ file }) => file ?? []))
  return { ...report, items, warnings: [...report.warnings, ...referenceFaults(items, checks)] }
}

interface Check extends CheckedFlagFile {
  readonly path: string
}

async function checkSource(source: CheckSource): Promise<readonly Check[]> {
  if (typeof source !== 'string') return [await checkText(source)]
  try {
    const checks: Check[] = []
    for (const path of await withFolders([source])) checks.push(await checkFile(path))
    return checks
  } catch (error) {
    return [refused(source, error)]
  }
}

async function checkFile(path: string): Promise<Check> {
  try {
    return await checkText({ path, format: formatOf(path), text: await readText(path) })
  } catch (error) {
    return refused(path, error)
  }
}

async function checkText({ path, format, text }: NamedText): Promise<Check> {
  try {
    if (format === 'yaml') await loadYamlParser(path)
    const checked = await finishInSlices(checkingFlagFile(text, path, { format }), systemClock)
    return { path, ...checked }
  } catch (error) {
    return refused(path, error)
  }
}

/** Returns the faults of a {@link FlagFileError}. Throws any other error again, because it is a defect. */
function refused(path: string, error: unknown): Check {
  if (!(error instanceof FlagFileError)) throw error
  return { path, file: undefined, errors: error.faults, warnings: [], faultsOf: () => [] }
}

/** Returns the problems of references, each as a fault of the file whose flag or segment counts. */
function referenceFaults(items: FlagItems, checks: readonly Check[]): readonly FlagFileFault[] {
  const problems = Map.groupBy(referenceProblems(items), ({ path: [section, key] }) =>
    checks.findLast(({ file }) => file?.[section as keyof FlagItems].has(String(key))),
  )
  return [...problems].flatMap(([check, found]) => check?.faultsOf(found) ?? [])
}

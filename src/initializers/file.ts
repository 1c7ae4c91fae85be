import { asSourceError } from '../flag-file/flag-file-error.ts'
import { type FlagFiles, readFlagFiles } from '../flag-file/read.ts'
import { Reviser } from '../flag-file/reviser.ts'
import type { SourceResult } from '../model/source-result.ts'
import type { Initializer } from './initializer.ts'

export interface FileInitializerOptions extends FlagFiles {
  readonly name: string
  readonly warn: (warning: string) => void
}

/** Reads flag files once. Their data has no selector, so the next initializers run too (D6). */
export function fileInitializer({ name, warn, ...files }: FileInitializerOptions): Initializer {
  return {
    name,
    async *fetch(): AsyncGenerator<SourceResult> {
      yield await readOnce(files, warn)
    },
  }
}

async function readOnce(files: FlagFiles, warn: FileInitializerOptions['warn']): Promise<SourceResult> {
  const reviser = new Reviser()
  try {
    const read = await readFlagFiles(files)
    for (const warning of read.warnings) warn(warning)
    reviser.revise(read)
    return { type: 'changeSet', changeSet: reviser.full() }
  } catch (error) {
    return { type: 'terminalError', error: asSourceError(error) }
  }
}

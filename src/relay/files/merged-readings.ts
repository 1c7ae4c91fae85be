import { Queue } from '../../async/queue.ts'
import { childOf } from '../../async/signals.ts'
import type { FlagFile } from '../../flag-file/parse.ts'
import { mergeFlagFiles } from '../../flag-file/read.ts'
import type { SourceError } from '../../model/source-result.ts'
import type { FilesReading } from './followed-files.ts'

/** The state of one of several origins. */
interface Origin {
  /** The last good content. */
  readonly file?: FlagFile
  readonly failure?: Failure
}

interface Failure {
  readonly error: SourceError
  readonly retryInMs: number
}

/** Follows one origin until the signal aborts. */
export type Follow = (signal: AbortSignal) => AsyncGenerator<FilesReading>

/**
 * Merges the contents of several origins; the later ones win. While one of them fails, its last good content counts, and changes of the
 * others are applied. There is no content before each of them had one.
 */
export async function* mergedReadings(
  origins: readonly Follow[],
  parent: AbortSignal,
): AsyncGenerator<FilesReading> {
  const { signal, end } = childOf(parent)
  const queue = new Queue<{ readonly index: number; readonly reading: FilesReading }>()
  const states: Origin[] = origins.map(() => ({}))
  const pump = async (follow: Follow, index: number): Promise<void> => {
    for await (const reading of follow(signal)) queue.push({ index, reading })
  }
  const pumps = Promise.all(origins.map(pump)).finally(() => queue.close())
  // Awaited below.
  pumps.catch(() => {})
  try {
    for await (const { index, reading } of queue) {
      const before = states[index] ?? {}
      if (reading.type === 'failed') states[index] = { ...before, failure: reading }
      else if (reading.type === 'content') states[index] = { file: reading.file }
      else if (before.file) states[index] = { file: before.file }
      yield* resultsOf(states, { before, reading })
    }
    await pumps
  } finally {
    end()
  }
}

function* resultsOf(
  states: readonly Origin[],
  { before, reading }: { readonly before: Origin; readonly reading: FilesReading },
): Generator<FilesReading> {
  const failures = states.flatMap(({ failure }) => failure ?? [])
  const files = states.flatMap(({ file }) => file ?? [])
  const isComplete = files.length === states.length
  const hasRecovered = reading.type === 'same' && before.failure !== undefined
  if (isComplete && (reading.type === 'content' || hasRecovered)) {
    const [first] = files
    yield { type: 'content', file: files.length === 1 && first ? first : mergeFlagFiles(files) }
  }
  const [failure] = failures
  if (failure) {
    // The problems of all origins in one message, so that a change of one is not reported as a new problem of another.
    const message = failures.map(({ error }) => error.message).join('\n')
    const retryInMs = Math.min(...failures.map((each) => each.retryInMs))
    if (reading.type !== 'same' || hasRecovered)
      yield { type: 'failed', error: { ...failure.error, message }, retryInMs }
  } else if (isComplete && reading.type === 'same' && !hasRecovered) yield reading
}

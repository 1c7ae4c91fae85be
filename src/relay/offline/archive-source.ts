import { Queue } from '../../async/queue.ts'
import { HEARTBEAT } from '../../exchange/results.ts'
import type { SourceResult } from '../../model/source-result.ts'
import type { Selector } from '../../selector/selector.ts'
import type { Synchronizer } from '../../synchronizers/synchronizer.ts'
import { type ArchivedEnvironment, isGeneratedId } from '../archive/archive.ts'

/** A synchronizer for one environment of an archive. It sends a full payload at the start and after each change. */
export class ArchiveSource implements Synchronizer {
  readonly name = 'archive'
  readonly selectorScope: string = ARCHIVE_SCOPE
  readonly #queues = new Set<Queue<SourceResult>>()
  #environment: ArchivedEnvironment

  constructor(environment: ArchivedEnvironment) {
    this.#environment = environment
  }

  update(environment: ArchivedEnvironment): void {
    const isDifferent = stateOf(environment) !== stateOf(this.#environment)
    this.#environment = environment
    if (isDifferent) this.#send(fullPayloadOf(environment))
  }

  /** Confirms that the archive is unchanged, and the data current. */
  confirm(): void {
    this.#send(HEARTBEAT)
  }

  async *sync(basis: Selector | undefined, signal: AbortSignal): AsyncGenerator<SourceResult> {
    const results = new Queue<SourceResult>()
    const end = (): void => results.close()
    results.push(
      basis?.state === stateOf(this.#environment)
        ? upToDateOf(this.#environment)
        : fullPayloadOf(this.#environment),
    )
    this.#queues.add(results)
    signal.addEventListener('abort', end)
    if (signal.aborted) end()
    try {
      yield* results
    } finally {
      this.#queues.delete(results)
      signal.removeEventListener('abort', end)
    }
  }

  #send(result: SourceResult): void {
    for (const queue of this.#queues) queue.push(result)
  }
}

function stateOf(environment: ArchivedEnvironment): string {
  return archiveSelector(environment).state
}

function fullPayloadOf(environment: ArchivedEnvironment): SourceResult {
  const changeSet = { ...environment.data.changeSet, selector: archiveSelector(environment) }
  return { type: 'changeSet', changeSet, ...identityOf(environment) }
}

function upToDateOf(environment: ArchivedEnvironment): SourceResult {
  return { type: 'changeSet', changeSet: { type: 'none' }, ...identityOf(environment) }
}

function identityOf({ id }: ArchivedEnvironment): { readonly environmentId?: string } {
  return isGeneratedId(id) ? {} : { environmentId: id }
}

/** The scope that prevents selectors of archives from being sent to a service, which would not know them. */
const ARCHIVE_SCOPE = 'archive'

/**
 * Returns a selector that is derived from the content (decision 9), so that all relays with the same archive agree, also after a
 * restart. Services do not use such names, and answer them with a full payload.
 */
export function archiveSelector({ id, version, data }: ArchivedEnvironment): Selector {
  return { state: `halyard-archive:${id}:${data.hash.slice(0, 32)}`, version, scope: ARCHIVE_SCOPE }
}

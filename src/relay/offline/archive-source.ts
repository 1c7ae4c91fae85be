import { Queue } from '../../async/queue.ts'
import { HEARTBEAT } from '../../exchange/results.ts'
import type { SourceResult } from '../../model/source-result.ts'
import type { Selector } from '../../selector/selector.ts'
import type { Synchronizer } from '../../synchronizers/synchronizer.ts'
import { type ArchivedEnvironment, isGeneratedId } from '../archive/archive.ts'

/** Brings everything an archive holds of one environment, and everything again when another archive holds something else. */
export class ArchiveSource implements Synchronizer {
  readonly name = 'archive'
  readonly selectorScope: string = ARCHIVE_SCOPE
  readonly #openings = new Set<Queue<SourceResult>>()
  #held: ArchivedEnvironment

  constructor(environment: ArchivedEnvironment) {
    this.#held = environment
  }

  /** Takes what the next archive holds. */
  update(environment: ArchivedEnvironment): void {
    const isOther = stateOf(environment) !== stateOf(this.#held)
    this.#held = environment
    if (isOther) this.#tell(everythingOf(environment))
  }

  /** The archive was looked at, and it is the same: what is served is what it says. */
  confirm(): void {
    this.#tell(HEARTBEAT)
  }

  async *sync(basis: Selector | undefined, signal: AbortSignal): AsyncGenerator<SourceResult> {
    const results = new Queue<SourceResult>()
    const end = (): void => results.close()
    results.push(basis?.state === stateOf(this.#held) ? nothingNewOf(this.#held) : everythingOf(this.#held))
    this.#openings.add(results)
    signal.addEventListener('abort', end)
    if (signal.aborted) end()
    try {
      yield* results
    } finally {
      this.#openings.delete(results)
      signal.removeEventListener('abort', end)
    }
  }

  #tell(result: SourceResult): void {
    for (const opening of this.#openings) opening.push(result)
  }
}

function stateOf(environment: ArchivedEnvironment): string {
  return archiveSelector(environment).state
}

function everythingOf(environment: ArchivedEnvironment): SourceResult {
  const changeSet = { ...environment.data.changeSet, selector: archiveSelector(environment) }
  return { type: 'changeSet', changeSet, ...identityOf(environment) }
}

function nothingNewOf(environment: ArchivedEnvironment): SourceResult {
  return { type: 'changeSet', changeSet: { type: 'none' }, ...identityOf(environment) }
}

/** What the service calls the environment, if that is what the archive goes by. */
function identityOf({ id }: ArchivedEnvironment): { readonly environmentId?: string } {
  return isGeneratedId(id) ? {} : { environmentId: id }
}

/** Keeps selectors of archives from every service, which would not know them. */
const ARCHIVE_SCOPE = 'archive'

/**
 * Names data by what it is (decision 9): every relay that reads the same archive says the same, before and after a restart.
 * No service gives such a name; one that is shown it answers with everything.
 */
export function archiveSelector({ id, version, data }: ArchivedEnvironment): Selector {
  return { state: `halyard-archive:${id}:${data.hash.slice(0, 32)}`, version, scope: ARCHIVE_SCOPE }
}

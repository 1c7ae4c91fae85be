import type { Change, PutChange } from '../model/change-set.ts'
import type { PollResponder, StreamResponder } from './responder.ts'
import type { TestData } from './test-data.ts'

const encoder = new TextEncoder()
const COLLECTIONS = { flag: 'flags', segment: 'segments' } as const

/** FDv1 has no goodbye. */
const NO_GOODBYE = new Uint8Array(0)

/** Serves test data over FDv1: all data at `/sdk/latest-all`; all data, and then each change, at `/all`. */
export class Fdv1Service {
  readonly #data: TestData

  constructor(data: TestData) {
    this.#data = data
  }

  get poll(): PollResponder {
    return {
      type: 'poll',
      contentType: 'application/json',
      initial: () => encoder.encode(JSON.stringify(this.#allData())),
      goodbye: () => NO_GOODBYE,
    }
  }

  get stream(): StreamResponder {
    return {
      type: 'stream',
      contentType: 'text/event-stream',
      initial: () => frame('put', { path: '/', data: this.#allData() }),
      follow: (send) =>
        this.#data.subscribe(({ changes }) => {
          for (const change of changes) send(changeFrame(change))
        }),
      goodbye: () => NO_GOODBYE,
    }
  }

  #allData(): object {
    const puts = this.#data.full().changes.filter((change) => change.op === 'put')
    return { flags: byKey(puts, 'flag'), segments: byKey(puts, 'segment') }
  }
}

function byKey(puts: readonly PutChange[], kind: PutChange['kind']): object {
  return Object.fromEntries(puts.filter((put) => put.kind === kind).map(({ key, object }) => [key, object]))
}

function changeFrame(change: Change): Uint8Array {
  const path = `/${COLLECTIONS[change.kind]}/${change.key}`
  switch (change.op) {
    case 'put':
      return frame('patch', { path, data: change.object })
    case 'delete':
      return frame('delete', { path, version: change.version })
    default:
      return change satisfies never
  }
}

function frame(event: string, data: object): Uint8Array {
  return encoder.encode(`event: ${event}\ndata: ${JSON.stringify(data)}\n\n`)
}

import { systemClock, type Undo } from '../async/clock.ts'
import { rethrow } from '../async/listeners.ts'
import { toEventStream, toPollBody } from '../protocol/encoder.ts'
import type { WireEvent } from '../protocol/events.ts'
import type { Selector } from '../selector/selector.ts'
import type { ChangeSetAnswer } from '../server/answer.ts'
import { Publication } from '../server/publication.ts'
import type { FailureOf } from './failure.ts'
import type { PollResponder, StreamResponder } from './responder.ts'
import type { TestData } from './test-data.ts'

const encoder = new TextEncoder()

/** Serves test data over FDv2, with a history, so that it can answer a basis with a delta. */
export class Fdv2Service {
  readonly #publication = new Publication({
    clock: systemClock,
    onStep: () => {},
    onDifference: () => {},
    onError: rethrow,
  })
  readonly #data: TestData
  #serial = 0

  constructor(data: TestData) {
    this.#data = data
    this.forget()
    data.subscribe((changeSet) => this.#publication.accept({ changeSet, selector: this.#advance() }))
  }

  /** The current state of the data: the basis that an up-to-date client sends. */
  get state(): string {
    return stateOf(this.#serial)
  }

  /** Drops the history. Open streams, and clients with an earlier basis, receive a full payload. */
  forget(): void {
    this.#publication.forget()
    this.#publication.accept({ changeSet: this.#data.full(), selector: this.#advance() })
  }

  get poll(): PollResponder {
    return {
      type: 'poll',
      contentType: 'application/json',
      initial: (basis) => this.#answer(basis).poll('whole'),
      goodbye: (failure) => encoder.encode(toPollBody([goodbyeOf(failure)])),
    }
  }

  get stream(): StreamResponder {
    return {
      type: 'stream',
      contentType: 'text/event-stream',
      initial: (basis) => this.#answer(basis).stream('whole'),
      follow: (send) => this.#follow(send),
      goodbye: (failure) => encoder.encode(toEventStream([goodbyeOf(failure)])),
    }
  }

  #follow(send: (bytes: Uint8Array) => void): Undo {
    let sent = this.#publication.target
    return this.#publication.subscribe(() => {
      const answer = this.#answer(sent?.state)
      sent = answer.target
      send(answer.stream('whole'))
    })
  }

  #answer(basis: string | undefined): ChangeSetAnswer {
    const answer = this.#publication.answer(basis)
    if (!answer) throw new Error('the origin holds no data')
    return answer
  }

  #advance(): Selector {
    this.#serial++
    return { state: stateOf(this.#serial), version: this.#serial }
  }
}

/** Returns a state name with characters that must be encoded in a URL. */
function stateOf(serial: number): string {
  return `(p:test:${serial})`
}

function goodbyeOf({ reason, directive }: FailureOf<'goodbye'>): WireEvent {
  const order = directive && { protocolFallbackTTL: directive.ttlSeconds }
  return { event: 'goodbye', data: { reason, ...order } }
}

import { systemClock, type Undo } from '../async/clock.ts'
import { rethrow } from '../async/listeners.ts'
import { toEventStream, toPollBody } from '../protocol/encoder.ts'
import type { WireEvent } from '../protocol/events.ts'
import type { Selector } from '../selector/selector.ts'
import type { ChangeSetAnswer } from '../server/answer.ts'
import { Publication } from '../server/publication.ts'
import type { Of } from './failure.ts'
import type { TestData } from './test-data.ts'
import type { PollResponder, StreamResponder } from './voice.ts'

const encoder = new TextEncoder()

/** An environment served over FDv2: test data, and where it stands in its history. */
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

  /** Where the data stands: what a client that has it all sends as its basis. */
  get state(): string {
    return stateOf(this.#serial)
  }

  /** Drops the history: streams get everything again, and so does whoever comes with a basis of before. */
  forget(): void {
    this.#publication.forget()
    this.#publication.accept({ changeSet: this.#data.full(), selector: this.#advance() })
  }

  get poll(): PollResponder {
    return {
      type: 'poll',
      contentType: 'application/json',
      opening: (basis) => this.#answer(basis).poll('whole'),
      goodbye: (failure) => encoder.encode(toPollBody([goodbyeOf(failure)])),
    }
  }

  get stream(): StreamResponder {
    return {
      type: 'stream',
      contentType: 'text/event-stream',
      opening: (basis) => this.#answer(basis).stream('whole'),
      follow: (tell) => this.#follow(tell),
      goodbye: (failure) => encoder.encode(toEventStream([goodbyeOf(failure)])),
    }
  }

  #follow(tell: (bytes: Uint8Array) => void): Undo {
    let told = this.#publication.target
    return this.#publication.subscribe(() => {
      const answer = this.#answer(told?.state)
      told = answer.target
      tell(answer.stream('whole'))
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

/** Opaque to clients, and with characters that must be encoded in a URL. */
function stateOf(serial: number): string {
  return `(p:test:${serial})`
}

function goodbyeOf({ reason, directive }: Of<'goodbye'>): WireEvent {
  const order = directive && { protocolFallbackTTL: directive.ttlSeconds }
  return { event: 'goodbye', data: { reason, ...order } }
}

import type { Undo } from '../async/clock.ts'
import { goodbyeEvent } from '../protocol/encoder.ts'
import type { Answer, Words } from './answer.ts'
import type { Conversation } from './event-stream.ts'
import { frameOf, toStreamBytes } from './frame.ts'
import type { Publication } from './publication.ts'
import type { TrafficCounter } from './traffic.ts'

export interface ConverseOptions {
  readonly publication: Publication
  readonly traffic: TrafficCounter
  /** Which the client understands. */
  readonly words: Words
  /** Called once the client has taken the first answer; perhaps more than once. */
  readonly taken: Undo
}

/** What a stream of FDv2 says: the first answer, then whatever leads from where the client stands to the present. */
export function converse(
  first: Answer,
  { publication, traffic, words, taken }: ConverseOptions,
): Conversation {
  let told: Answer | undefined
  return {
    next() {
      if (told) taken()
      const answer = told ? after(told, publication) : first
      if (!answer) return undefined
      told = answer
      const bytes = answer.stream(words)
      traffic.answered(answer.type, bytes.length, publication.size)
      return bytes
    },
    subscribe: (ring) => publication.subscribe(ring),
    farewell: (reason) => toStreamBytes([frameOf(goodbyeEvent(reason))]),
  }
}

/** Nothing to say to a client that stands at the present, or beyond it. */
function after({ target, known }: Answer, publication: Publication): Answer | undefined {
  if (publication.target === target) return undefined
  const answer = publication.answerFrom(target.state, known) ?? publication.answer(target.state)
  return answer?.type === 'none' ? undefined : answer
}

import { expect, it } from 'vitest'
import { bigSegmentHash } from '../../../src/big-segments/big-segments.ts'
import { Patterns } from '../../../src/evaluation/patterns.ts'
import type { Item } from '../../../src/model/change-set.ts'
import type { Flag, Segment } from '../../../src/model/flag.ts'
import { isJsonObject } from '../../../src/model/json.ts'
import { ClientData } from '../../../src/relay/client-side/client-data.ts'
import { evaluateFlags, type Memberships } from '../../../src/relay/client-side/evaluated-flags.ts'
import { fdv1Answer } from '../../../src/relay/client-side/evaluation-answer.ts'
import { FlagEncoders } from '../../../src/relay/client-side/flag-encoder.ts'
import { parseContext } from '../../../src/relay/client-side/request-context.ts'
import { VirtualClock } from '../../../src/testing/virtual-clock.ts'
import { type Environment, makeScenario } from '../../evaluation/differential/make-environment.ts'
import { membersOf } from '../../evaluation/differential/members.ts'
import { Official, type OfficialState } from '../../evaluation/differential/official.ts'
import { chosenSeeds, isChosen } from '../../evaluation/differential/seeds.ts'
import { silent } from '../starting.ts'

const tools = { clock: new VirtualClock(), patterns: new Patterns(silent) }

/** Answers queries as the store of the official client does. Each membership must be queried first. */
function memberships(): Memberships {
  const known = new Map<string, ReadonlyMap<string, boolean>>()
  return {
    membership(key) {
      const references = known.get(key)
      return references && { references, status: 'HEALTHY' }
    },
    async query(key) {
      known.set(key, new Map(Object.entries(membersOf(bigSegmentHash(key)) ?? {})))
    },
  }
}

function clientData({ flags, segments }: Environment): ClientData {
  const items = (texts: ReadonlyMap<string, string>): ReadonlyMap<string, Item> =>
    new Map(
      [...texts].map(([key, text]) => {
        const object = JSON.parse(text) as Flag & Segment
        return [key, { key, version: object.version ?? 0, object }]
      }),
    )
  return new ClientData({ flags: items(flags), segments: items(segments), selector: undefined }, '1')
}

type Answer = Readonly<Record<string, Readonly<Record<string, unknown>>>>

/** Returns the parsed body of the relay for a context; undefined if the relay refuses the context. */
async function answerOf(data: ClientData, encoders: FlagEncoders, text: string): Promise<Answer | undefined> {
  const context = parseContext({ type: 'text', json: text })
  if (context.type === 'refused') return undefined
  const flags = data.visibleTo('server', encoders)
  const input = { reader: data.reader, flags, context: context.prepared, memberships: memberships() }
  const { fragments } = await evaluateFlags(input, tools)
  const subject = { canonicalKey: context.canonicalKey, identity: '', version: 1, onGrown: () => {} }
  const answer = JSON.parse(fdv1Answer(fragments, subject).bytes.toString()) as Answer
  // The official SDK loses this flag.
  return Object.fromEntries(Object.entries(answer).filter(([key]) => key !== '__proto__'))
}

/** Returns the state of the official SDK in the form of the relay. */
function expectedOf({ $flagsState, $valid, ...values }: OfficialState): Answer {
  const entries = Object.entries($flagsState).map(([key, { variation = null, ...rest }]) => {
    return [key, { value: values[key] ?? null, variation, ...rest }] as const
  })
  return Object.fromEntries(entries)
}

/** Returns whether a legacy user has an empty key, which only the relay refuses (CS2.4). */
function hasEmptyKey(context: unknown): boolean {
  return isJsonObject(context) && context.key === ''
}

it('(CS3.3) answers with the state of all flags of the official SDK', async () => {
  let answers = 0
  let refused = 0
  for (const seed of chosenSeeds(60)) {
    const { environment, contexts } = makeScenario(seed)
    const data = clientData(environment)
    const encoders = new FlagEncoders({ protocol: 'fdv1', withReasons: true })
    const official = new Official(environment)
    for (const context of contexts) {
      const text = JSON.stringify(context) ?? ''
      const state = hasEmptyKey(context) ? undefined : text && (await official.state(JSON.parse(text)))
      const answer = await answerOf(data, encoders, text)
      if (state) expect(answer, `seed ${seed}, context ${text}`).toEqual(expectedOf(state))
      else expect(answer, `seed ${seed}, context ${text}`).toBeUndefined()
      if (state) answers++
      else refused++
    }
    official.close()
  }
  if (isChosen) return
  expect(answers).toBeGreaterThan(1_500)
  expect(refused).toBeGreaterThan(20)
})

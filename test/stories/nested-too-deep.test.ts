import { expect, it, onTestFinished } from 'vitest'
import { createDataSystem } from '../../src/config/create-data-system.ts'
import type { SynchronizerConfig } from '../../src/config/source-types.ts'
import type { DataSystem } from '../../src/datasystem/data-system.ts'
import type { Change } from '../../src/model/change-set.ts'
import { toEventStream, toPollBody } from '../../src/protocol/encoder.ts'
import {
  body,
  bytes,
  delta,
  everything,
  everythingPut,
  frame,
  full,
  LiveStream,
  type Origin,
  put,
  startOrigin,
} from '../support/origin.ts'

const JSON_BODY = { 'content-type': 'application/json' }

/** A flag whose variation is nested 5,000 levels deep after {@link withNesting}. */
const DEEP: Change = put('deep', 2, { variations: ['NESTED'] })

/** Inserts the nested value after the encoding, because an encoder is recursive. */
function withNesting(text: string): string {
  return text.replaceAll('"NESTED"', `${'[{"a":'.repeat(2_500)}1${'}]'.repeat(2_500)}`)
}

interface Watched {
  readonly system: DataSystem
  readonly errors: readonly string[]
}

/** Starts a data system whose only source is this synchronizer. */
function watching({ endpoints }: Origin, source: SynchronizerConfig): Watched {
  const errors: string[] = []
  const plan = { initializers: [], synchronizers: [source], fdv1Fallback: null }
  const logger = { debug() {}, info() {}, warn() {}, error: (message: string) => errors.push(message) }
  const system = createDataSystem('sdk-key', plan, { endpoints, logger })
  onTestFinished(() => system.close())
  return { system, errors }
}

/** Waits for version 2 of flag `other`, and expects that `deep` was refused by name and that its source continues. */
async function expectRefusal({ system, errors }: Watched, held: number | undefined): Promise<void> {
  await expect.poll(() => system.flag('other')?.version, { timeout: 60_000 }).toBe(2)
  expect(system.flag('deep')?.version).toBe(held)
  expect(system.status.current).toMatchObject({
    state: 'valid',
    skipped: 1,
    lastError: { kind: 'invalid_data', key: 'deep' },
  })
  expect(errors).toEqual([
    expect.stringMatching(
      /: refused flag "deep": it is nested deeper than 500 levels; the rest of the payload/,
    ),
  ])
}

it('(S155) continues an FDv2 stream after a delta and after a full payload', async () => {
  const origin = await startOrigin()
  const stream = new LiveStream(full('A', put('deep', 1), put('other', 1)))
  origin.stream.always(stream.answer)
  const watched = watching(origin, { type: 'streaming' })
  await expect.poll(() => watched.system.flag('other')?.version, { timeout: 60_000 }).toBe(1)
  stream.send(withNesting(toEventStream(delta('B', DEEP, put('other', 2)))))
  await expectRefusal(watched, 1)
  // The held version of the refused flag stays; all other flags are replaced.
  stream.send(withNesting(toEventStream(full('C', DEEP, put('other', 3)))))
  await expect.poll(() => watched.system.flag('other')?.version, { timeout: 60_000 }).toBe(3)
  expect(watched.system.flag('deep')?.version).toBe(1)
  expect(watched.system.selector?.state).toBe('C')
  expect(origin.stream.received).toHaveLength(1)
})

it('(S155) applies an FDv2 poll without the flag', async () => {
  const origin = await startOrigin()
  origin.poll.next(bytes(200, JSON_BODY, withNesting(toPollBody(full('A', DEEP, put('other', 2))))))
  origin.poll.always(body(full('A', put('other', 2))))
  await expectRefusal(watching(origin, { type: 'polling' }), undefined)
})

it('(S155) continues an FDv1 stream', async () => {
  const origin = await startOrigin()
  const stream = new LiveStream(() => withNesting(everythingPut(DEEP, put('other', 1))))
  origin.fdv1.stream.always(stream.answer)
  const watched = watching(origin, { type: 'streaming', protocol: 'fdv1' })
  await expect.poll(() => watched.system.flag('other')?.version, { timeout: 60_000 }).toBe(1)
  stream.send(frame('patch', JSON.stringify({ path: '/flags/other', data: { key: 'other', version: 2 } })))
  await expectRefusal(watched, undefined)
  expect(origin.fdv1.stream.received).toHaveLength(1)
})

it('(S155) applies an FDv1 poll without the flag', async () => {
  const origin = await startOrigin()
  const text = withNesting(JSON.stringify(everything(DEEP, put('other', 2))))
  origin.fdv1.poll.always(bytes(200, JSON_BODY, text))
  await expectRefusal(watching(origin, { type: 'polling', protocol: 'fdv1' }), undefined)
})

import { onTestFinished } from 'vitest'
import { systemClock } from '../../src/async/clock.ts'
import { assembleClient } from '../../src/client/client.ts'
import type { ClientOptions } from '../../src/client/create-client.ts'
import { createDataSystem } from '../../src/config/create-data-system.ts'
import { Patterns } from '../../src/evaluation/patterns.ts'
import type { EvaluationRecord, EventRecorder, MigrationRecord } from '../../src/events/event-recorder.ts'
import { EVENTS_OFF } from '../../src/events/events-status.ts'
import { Overrides } from '../../src/overrides/overrides.ts'
import { TestData, type TestFlag } from '../../src/testing/index.ts'
import { SDK_KEY } from '../support/engine.ts'
import { following, type Holding, notes } from './starting.ts'

export interface Recording extends Holding {
  readonly evaluated: readonly EvaluationRecord[]
  readonly migrated: readonly MigrationRecord[]
}

/** Creates a client with these flags whose calls for analytics events are recorded. It is closed at the end of the test. */
export async function recording(
  flags: readonly TestFlag[],
  { overrides }: Pick<ClientOptions, 'overrides'> = {},
): Promise<Recording> {
  const { log, logger } = notes()
  const evaluated: EvaluationRecord[] = []
  const migrated: MigrationRecord[] = []
  const recorder: EventRecorder = {
    evaluated: (record) => evaluated.push(record),
    identified() {},
    tracked() {},
    migrated: (record) => migrated.push(record),
  }
  const data = new TestData({ flags })
  const dataSystem = createDataSystem(SDK_KEY, following(data), { logger })
  const patterns = new Patterns(logger)
  const client = assembleClient({
    sdkKey: SDK_KEY,
    bigSegments: undefined,
    dataSystem,
    hooks: [],
    offline: false,
    analytics: { recorder, status: EVENTS_OFF, flush: async () => undefined, close: async () => {} },
    logger,
    clock: systemClock,
    random: () => 0,
    patterns,
    overrides:
      overrides &&
      new Overrides({
        options: overrides,
        prepare: patterns.prepare,
        clock: systemClock,
        random: () => 0,
        logger,
      }),
  })
  onTestFinished(() => client.close())
  await client.waitForInitialization()
  return { client, log, data, evaluated, migrated }
}

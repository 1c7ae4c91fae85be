/**
 * Data, services, sources, databases and time for tests of programs that use flags. {@link TestData} is the source of a client in a unit
 * test; {@link scriptedOrigin} is a flag service whose failures a test controls; {@link VirtualClock} makes time-outs pass at once.
 *
 * @packageDocumentation
 */

export type { Clock, Undo } from '../async/clock.ts'
export { DEFAULT_TIMINGS, type Timings } from '../datasystem/parts.ts'
export type { ReceivedEvent } from '../events/receive-payload.ts'
export type { Row, StoreChange } from '../model/persistent-store.ts'
export type { AutoConfigEnvironment, ListedKey } from './auto-config-rep.ts'
export {
  type AutoConfigRequest,
  type AutoConfigService,
  type AutoConfigServiceOptions,
  startAutoConfigService,
} from './auto-config-service.ts'
export type { EventSink } from './event-sink.ts'
export { type EventSinkServer, startEventSink } from './event-sink-server.ts'
export { type Failure, type FailureOf, fail, type Interruption } from './failure.ts'
export { type DatabaseFailure, MemoryDatabase } from './memory-database.ts'
export type { ScriptedPath, ScriptedRequest } from './scripted-origin.ts'
export { type ScriptedOrigin, type ScriptedOriginOptions, scriptedOrigin } from './scripted-origin.ts'
export { type ScriptedSourceOptions, type Step, scriptedSource } from './scripted-source.ts'
export { SHORT_TIMINGS } from './short-timings.ts'
export { TestBigSegments, type TestMemberChange, type TestMemberLists } from './test-big-segments.ts'
export { TestData, type TestDataOptions, type TestFlag, type TestSegment } from './test-data.ts'
export { VirtualClock } from './virtual-clock.ts'

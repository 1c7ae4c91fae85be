export type { Clock, Undo } from '../async/clock.ts'
export { DEFAULT_TIMINGS, type Timings } from '../datasystem/timings.ts'
export { type ScriptedSourceOptions, type Step, scriptedSource } from './scripted-source.ts'
export { VirtualClock } from './virtual-clock.ts'

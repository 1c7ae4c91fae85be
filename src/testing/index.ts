export type { Clock, Undo } from '../async/clock.ts'
export { DEFAULT_TIMINGS, type Timings } from '../datasystem/timings.ts'
export { VirtualClock } from './virtual-clock.ts'

/** The commands that read and write data without serving it, which the package has in one file. */
export { exportArchive } from './archive/export.ts'
export { importArchive } from './archive/import.ts'
export { showArchive } from './archive/show.ts'
export { doctor } from './doctor/doctor.ts'
export { explain } from './explain/explain.ts'
export { inspect } from './inspect/inspect.ts'
export { validate } from './validate.ts'
export { watch } from './watch/watch.ts'

/** The commands that read and write data without serving it, which the package has in one file. */
export { archive } from './archive/archive.ts'
export { explain } from './explain/explain.ts'
export { inspect } from './inspect/inspect.ts'

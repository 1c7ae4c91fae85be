/** The commands that serve flags, which the package has in one file because they share nearly all of their code. */
export { dev } from './dev.ts'
export { relay } from './relay.ts'

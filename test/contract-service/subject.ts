import type { Context } from '../../src/index.ts'
import { ServiceError } from './service-error.ts'

/** The context of a command. */
export function subjectOf({
  context,
  user,
}: {
  readonly context: Context | undefined
  readonly user: Context | undefined
}): Context {
  const subject = context ?? user
  if (subject === undefined) throw new ServiceError(400, 'neither context nor user')
  return subject
}

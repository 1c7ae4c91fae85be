import { HalyardError } from '../model/errors.ts'

/** The command line cannot be understood. */
export class UsageError extends HalyardError {
  constructor(message: string, options?: ErrorOptions) {
    super('USAGE', message, options)
  }
}

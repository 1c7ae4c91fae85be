import { HalyardError } from '../model/errors.ts'

/** A server answered with bytes that cannot be trusted. Never leaves the source that met it. */
export class InvalidDataError extends HalyardError {
  constructor(message: string, options?: ErrorOptions) {
    super('INVALID_DATA', message, options)
  }
}

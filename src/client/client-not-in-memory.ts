import { HalyardError } from '../model/errors.ts'

/** Data was asked for at once that is in a database and has to be read first: the promise form does that. */
export class ClientNotInMemory extends HalyardError {
  constructor() {
    super(
      'CLIENT_NOT_IN_MEMORY',
      "The store is read lazily: use the methods that return promises, or reads: 'snapshot' to hold everything in memory",
    )
  }
}

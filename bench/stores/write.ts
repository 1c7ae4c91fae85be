import { given, tell } from '../child.ts'
import type { ClientName } from '../clients/client.ts'
import { now } from '../propagation/now.ts'
import { quiet } from '../quiet.ts'
import { stay } from './stay.ts'
import { loadWriter, type Places } from './stored-clients.ts'

/** Runs a client that keeps Redis current, in this process, until it is ended. */
export interface WriterSpec extends Places {
  readonly name: ClientName
}

/** The message when the client is ready, in milliseconds of {@link now}. */
export interface WriterReady {
  readonly startedAt: number
  readonly readyAt: number
}

stay()
const spec = given<WriterSpec>()
const open = await loadWriter(spec.name)
await quiet()
const startedAt = now()
await open(spec)
tell({ startedAt, readyAt: now() } satisfies WriterReady)

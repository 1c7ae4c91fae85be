import type { Held } from '../model/held.ts'
import type { SourceError } from '../model/source-error.ts'
import { ACCEPT_HEADER, type EventName } from '../protocol/events.ts'
import type { Selector } from '../selector/selector.ts'
import type { HttpHeaders } from '../transport/transport.ts'

const PATCH: EventName = 'patch-object'

/** Asks for patches where something is held that they could apply to: without a basis everything comes whole (D19). */
export function askingForPatches(basis: Selector | undefined, held: Held | undefined): HttpHeaders {
  return basis && held ? { [ACCEPT_HEADER]: PATCH } : {}
}

/** Whether an error means that the server builds upon something else than what is held: only everything helps (D19). */
export function refutesBasis({ event }: SourceError): boolean {
  return event === PATCH
}

import type { Logger } from '../../model/logger.ts'
import { counted } from '../../model/text.ts'
import type { EnvironmentView } from '../view.ts'

/** What is looked at whenever an environment may be another one. */
export type Served = Pick<EnvironmentView, 'serving' | 'archivedAt' | 'source' | 'holds'>

/** Says when SDKs are given something of another kind: nothing, then what the database held, then live data. */
export function tellOfServing(logger: Logger): (served: Served) => void {
  let said: Served['serving'] = 'nothing'
  return ({ serving, archivedAt, source, holds }) => {
    if (serving === said) return
    said = serving
    const what = `${counted(holds.flags, 'flag')}, ${counted(holds.segments, 'segment')}`
    if (serving === 'live') logger.info(`serving live data, by ${source.source ?? 'the service'}: ${what}`)
    if (serving === 'archive' && archivedAt !== undefined) {
      const written = new Date(archivedAt).toISOString()
      logger.info(`serving the archive of ${written}, and nothing from the service: ${what}`)
    }
    if (serving === 'stored') logger.info(`serving what was stored, until the service has spoken: ${what}`)
  }
}

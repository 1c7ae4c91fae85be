import type { Survey } from '../../layout/survey.ts'
import type { Item } from '../../model/change-set.ts'
import { counted } from '../../model/text.ts'
import { surveyOf } from '../inspect/look.ts'
import { quoted } from '../inspect/words.ts'
import type { Errand, Found } from './found.ts'
import { withStore } from './opened.ts'
import { refuseForeign } from './refuse-foreign.ts'

/** Everything the database holds of an environment, without what was deleted. Rejects with why there is nothing. */
export async function readFromStore(errand: Errand): Promise<Found> {
  const { environment } = errand
  const survey = await withStore(errand, surveyOf)
  if (!survey.initialized) throw new Error('the database holds no data of it')
  refuseForeign(survey, environment, environment.envId)
  tellOfUnreadable(survey, errand)
  const snapshot = {
    flags: itemsOf(survey, 'flag'),
    segments: itemsOf(survey, 'segment'),
    selector: undefined,
  }
  const environmentId = survey.sidecar.type === 'readable' ? survey.sidecar.sidecar.environmentId : undefined
  return { snapshot, ...(environmentId !== undefined && { environmentId }) }
}

function itemsOf({ rows }: Survey, kind: 'flag' | 'segment'): ReadonlyMap<string, Item> {
  return new Map(
    rows.flatMap(({ key, decoded, ...row }) =>
      row.kind === kind && decoded.type === 'item' ? [[key, decoded.item] as const] : [],
    ),
  )
}

/** SDKs do without such rows, too. */
function tellOfUnreadable({ rows }: Survey, { environment: { name }, logger }: Errand): void {
  const unreadable = rows.filter(({ decoded }) => decoded.type === 'unreadable')
  if (unreadable.length === 0) return
  const names = unreadable.slice(0, 10).map(({ kind, key }) => `${kind} ${quoted(key)}`)
  const what = `${counted(unreadable.length, 'row')} that cannot be read left out`
  logger.warn(`${name}: ${what}: ${names.join(', ')}${unreadable.length > names.length ? ', …' : ''}`)
}

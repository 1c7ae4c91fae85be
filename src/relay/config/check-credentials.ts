import type { IssueCollector } from '../../options/issues.ts'
import type { FurtherKey } from '../../options/key-list.ts'
import type { Section } from '../../options/option-table.ts'
import type { Audience } from '../addresses.ts'
import { ENVIRONMENT } from './environment-options.ts'

const NAMES: Readonly<Record<Audience, string>> = {
  server: 'SDK key',
  mobile: 'mobile key',
  browser: 'client-side ID',
}

/** The options whose values select an environment. */
const CREDENTIALS: readonly (readonly [option: string, audience: Audience])[] = [
  ['sdkKey', 'server'],
  ['moreSdkKeys', 'server'],
  ['mobileKey', 'mobile'],
  ['moreMobileKeys', 'mobile'],
  ['envId', 'browser'],
]

interface PlacedCredential {
  readonly audience: Audience
  readonly value: string
  readonly place: string
}

/** Reports each credential that occurs a second time, because the credential of a request selects its environment. */
export function refuseSharedCredentials(sections: readonly Section[], collector: IssueCollector): void {
  const places = new Map<string, string>()
  for (const { audience, value, place } of sections.flatMap(credentialsIn)) {
    const id = `${audience} ${value}`
    const other = places.get(id)
    if (other === undefined) places.set(id, place)
    else collector.refuse(place, `a unique ${NAMES[audience]}`, `the same as ${other}`)
  }
}

function credentialsIn({ settings }: Section): readonly PlacedCredential[] {
  return CREDENTIALS.flatMap(([name, audience]) => {
    const setting = settings.get(name)
    const option = ENVIRONMENT.options.find((each) => each.name === name)
    if (!setting || !option) return []
    const value = option.form.read(setting.value) as string | readonly FurtherKey[] | undefined
    if (typeof value === 'string') return [{ audience, value, place: setting.place }]
    return (value ?? []).map((key, index) => ({
      audience,
      value: key.value,
      place: `${setting.place} (key ${index + 1})`,
    }))
  })
}

import { flagUrls } from '../../options/file-forms.ts'
import type { IssueCollector } from '../../options/issues.ts'
import type { Section, Setting } from '../../options/option-table.ts'
import { boolean } from '../../options/value-forms.ts'
import type { Sections } from './sections.ts'

/** Options that only concern LaunchDarkly. */
const OF_SERVICE = [
  ['main', 'streamUri'],
  ['main', 'baseUri'],
  ['main', 'clientSideBaseUri'],
  ['events', 'sendEvents'],
  ['events', 'eventsUri'],
] as const

/** Warns of options that have no effect because flags come from files, and of a secret that is sent without encryption. */
export function checkFileOptions({ shared, environments }: Sections, collector: IssueCollector): void {
  const sections = [...environments.values()]
  for (const { settings } of sections) {
    const interval = settings.get('fileInterval')
    if (interval && !settings.has('file') && !settings.has('overrideFile'))
      collector.warn(`${interval.place} has no effect: neither file nor overrideFile is set`)
    warnOfPlainText(settings, collector)
  }
  if (sections.length === 0 || !sections.every(isFromFiles)) return
  for (const [section, name] of OF_SERVICE) {
    const setting = shared.get(section)?.settings.get(name)
    if (!setting || boolean.read(setting.value) === false) continue
    const reason = 'the flags of all environments come from files, so that nothing connects to LaunchDarkly'
    collector.warn(`${setting.place} has no effect: ${reason}`)
  }
}

function isFromFiles({ settings }: Section): boolean {
  return settings.has('file') || settings.has('url')
}

function warnOfPlainText(settings: ReadonlyMap<string, Setting>, collector: IssueCollector): void {
  const authorization = settings.get('urlAuthorization')
  const urls = flagUrls.read(settings.get('url')?.value)?.map((url) => new URL(url))
  const plain = urls?.find(({ protocol, hostname }) => protocol === 'http:' && !isLoopback(hostname))
  if (authorization && plain)
    collector.warn(`${authorization.place} is sent to ${plain.host} without encryption; use https`)
}

function isLoopback(hostname: string): boolean {
  return /^(?:localhost|127(?:\.\d{1,3}){3}|\[::1\])$/i.test(hostname)
}

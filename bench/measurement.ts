import { setTimeout as sleep } from 'node:timers/promises'
import { ask } from './ask.ts'
import { given, tell } from './child.ts'
import { type Cost, costOf } from './cost.ts'
import { quiet } from './quiet.ts'
import { LAST_KEY } from './service/spec.ts'
import { type Client, type Loaded, SUBJECTS, type SubjectName } from './subjects/subject.ts'

/** Makes one measurement in this process. */
export interface MeasurementSpec {
  readonly benchmark: 'init' | 'deltas'
  readonly subject: SubjectName
  readonly url: string
  readonly changes: number
}

await main(given<MeasurementSpec>())

async function main({ benchmark, subject, url, changes }: MeasurementSpec): Promise<void> {
  const loaded = await SUBJECTS[subject].load()
  await quiet()
  tell(await (benchmark === 'init' ? initialize(loaded, url) : followBurst(loaded, url, changes)))
}

function initialize(loaded: Loaded, url: string): Promise<Cost> {
  return costOf(async () => void (await loaded.initialize(url)))
}

/** Measures from the start of a burst until its last flag is served. */
async function followBurst(loaded: Loaded, url: string, changes: number): Promise<Cost> {
  const client = await loaded.initialize(url)
  await ask(`${url}/connected`)
  await quiet()
  return costOf(async () => {
    await ask(`${url}/burst?changes=${changes}`)
    await served(client)
  })
}

async function served(client: Client): Promise<void> {
  while (!(await client.holds(LAST_KEY))) await sleep(1)
}

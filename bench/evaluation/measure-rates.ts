import { given, tell } from '../child.ts'
import type { FlagClient } from '../clients/client.ts'
import { openHalyard } from '../clients/halyard-client.ts'
import { openClient } from '../clients/open-client.ts'
import { quiet } from '../quiet.ts'
import { CASES, type Case } from './cases.ts'
import { digest } from './digest.ts'
import { type Loop, promiseLoop, syncLoop } from './loops.ts'
import { ratePerSecond } from './rate.ts'

export type Form = 'sync' | 'promise' | 'official'

/** Measures the rates of one form in this process. */
export interface RatesSpec {
  readonly form: Form
  readonly url: string
}

export interface Rates {
  /** Evaluations per second, in the order of the cases. */
  readonly perSecond: readonly number[]
  /** Digest of all details, to check that all subjects did the same work. */
  readonly answers: string
}

const { form, url } = given<RatesSpec>()
const { client, loopOf } = await open()
await quiet()
const perSecond: number[] = []
for (const each of CASES) perSecond.push(await ratePerSecond(loopOf(each)))
tell({ perSecond, answers: digest(await detailsOf(client)) } satisfies Rates)

async function open(): Promise<{ client: FlagClient; loopOf: (each: Case) => Loop }> {
  if (form === 'sync') {
    const halyard = await openHalyard(url)
    return { client: halyard, loopOf: (each) => syncLoop(halyard.sync, each) }
  }
  const promising = await openClient(form === 'official' ? 'official' : 'halyard', url)
  return { client: promising, loopOf: (each) => promiseLoop(promising, each) }
}

async function detailsOf(asked: FlagClient): Promise<readonly unknown[]> {
  const details: unknown[] = []
  for (const { keys, contexts } of CASES) {
    for (const context of contexts)
      for (const key of keys) details.push(await asked.variationDetail(key, context, false))
  }
  return details
}

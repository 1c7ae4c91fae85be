import { DataOwner, type DataOwnerIdentity } from '../../layout/data-owner.ts'
import { reasonOf } from '../../model/error-text.ts'
import { counted, printable } from '../../model/text.ts'
import type { StoreAddress } from '../../store/inspected-store.ts'
import { findingsOf } from '../inspect/findings.ts'
import { ago, inBytes, quoted } from '../inspect/format.ts'
import { readStore, type StoreInspection } from '../inspect/read-store.ts'
import { type CheckId, type Checkup, type Finding, failed, type Outcome, ok, warning } from './checks.ts'
import { failedAs, withoutRemedy } from './remedies.ts'

/** A database, or the place of an environment in it. */
export interface StoreTarget {
  readonly address: StoreAddress
  /** Absent if it is not known, or for a file. */
  readonly encryption?: 'with TLS' | 'without TLS'
  /** The environment whose data is expected. Absent if no SDK key is known. */
  readonly owner: DataOwnerIdentity | undefined
  /** `service`: a client or a relay fills an empty store from a service. `other software`: the store is the only source of data. */
  readonly filledBy: 'service' | 'other software'
  /** True if other environments use the same database. */
  readonly isShared: boolean
}

/** The reason why the other checks of a database are skipped. */
export const UNREADABLE = 'needs the database, which cannot be read'

const AFTER_READ = ['marker', 'rows', 'resume'] as const satisfies CheckId[]

/** Reads a store without writing to it. Resolves with true if it could be read. */
export async function checkStore(target: StoreTarget, checkup: Checkup): Promise<boolean> {
  const inspection = await checkup.run('database', (signal) => read(target, checkup, signal))
  if (!inspection) {
    const isFailed = checkup.results.at(-1)?.verdict === 'failed'
    skipStoreChecks(checkup, isFailed ? UNREADABLE : 'there is no data yet')
    return !isFailed
  }
  checkup.add('marker', judgeMarker(inspection, target))
  checkup.add('rows', judgeRows(inspection))
  checkup.add('resume', judgeResume(inspection, target, checkup.clock.now()))
  return true
}

export function skipStoreChecks(checkup: Checkup, reason: string): void {
  checkup.skip(AFTER_READ, reason)
}

async function read(
  { address, encryption, filledBy }: StoreTarget,
  { clock, timeoutMs }: Checkup,
  signal: AbortSignal,
): Promise<Outcome<StoreInspection>> {
  try {
    // The time limit of the check ends the read earlier.
    const inspection = await readStore({ address, timeoutMs: 2 * timeoutMs, clock, signal })
    const { name, prefix } = inspection
    const place = prefix === undefined ? '' : `, prefix ${prefix === '' ? 'none' : quoted(prefix)}`
    const seen = `${printable(name)}${encryption ? ` ${encryption}` : ''}${place}: can be read`
    return { ...ok(seen, { store: name, prefix, encryption }), value: inspection }
  } catch (error) {
    const reason = printable(reasonOf(signal.aborted ? signal.reason : error)).replaceAll('\n', ' ')
    if (filledBy === 'service' && /^the file .* does not exist$/.test(reason))
      return ok(`${reason}; the first start writes it`)
    const known = REMEDIES.find(([pattern]) => pattern.test(reason))?.[1]
    return known === undefined ? failedAs(reason, UNKNOWN_REMEDY) : failed(withoutRemedy(reason), known)
  }
}

const REMEDIES: readonly (readonly [pattern: RegExp, remedy: string])[] = [
  [
    /NOAUTH|WRONGPASS|invalid password|AUTH |UnrecognizedClient|InvalidSignature|ACL not found|\b40[13]\b|Permission denied/i,
    'Give user and password of the database: REDIS_USERNAME and REDIS_PASSWORD, CONSUL_HTTP_TOKEN, or the variables of the AWS SDK.',
  ],
  [
    /NOPERM|AccessDenied/i,
    'Permit this user to read the rows; docs/inspect.md lists the commands that are needed.',
  ],
  [
    /certificate|self.signed|altname/i,
    'Name the authority of the database in NODE_EXTRA_CA_CERTS, and use a host of its certificate.',
  ],
  [/ENOTFOUND|EAI_AGAIN/, 'Check the spelling of the host, and the DNS of this machine.'],
  [/ECONNREFUSED/, 'Check host and port, and that the database runs.'],
  [
    /ResourceNotFound|does not exist|no such/i,
    'Check the name of the table or file, and for DynamoDB the region.',
  ],
  [/package|Cannot find/i, 'Install the package of the database that the message names.'],
  [
    /closed|ECONNRESET|EPROTO|SSL/i,
    'Check whether the database expects TLS (rediss://, consuls://) or none.',
  ],
]

const UNKNOWN_REMEDY = 'Check the address of the database, and the firewall between it and this machine.'

function judgeMarker({ survey, fault, prefix }: StoreInspection, { filledBy }: StoreTarget): Finding {
  if (fault !== undefined)
    return failed(`clients ignore this file: ${fault}`, 'Delete the file; it is written again.')
  if (survey.initialized) return ok('present: a full write was completed')
  const facts = { rows: survey.rows.length }
  if (survey.rows.length > 0)
    return warning(
      `missing, although there are ${counted(survey.rows.length, 'row')}: the first full write is not complete`,
      'Wait for the writer to complete, or start it again.',
      facts,
    )
  const seen = `missing: there is no data${prefix ? ` with the prefix ${quoted(prefix)}` : ''}`
  return filledBy === 'service'
    ? warning(
        seen,
        'Check --prefix if the store should have data; otherwise the first start fills it.',
        facts,
      )
    : failed(seen, 'Check the prefix (--prefix), and that a relay or an SDK writes to this database.', facts)
}

function judgeRows(inspection: StoreInspection): Finding {
  const { flag, segment } = inspection.survey.tallies
  const facts = { flags: flag.items, segments: segment.items, bytes: flag.bytes + segment.bytes }
  const seen = `${counted(flag.items, 'flag')}, ${counted(segment.items, 'segment')}, ${inBytes(facts.bytes)}`
  const damage = findingsOf(inspection).filter(
    ({ code }) => code === 'row-unreadable' || (code === 'rows-missing' && inspection.survey.initialized),
  )
  const [first] = damage
  if (!first) return ok(seen, facts)
  const more = damage.length > 1 ? ` and ${damage.length - 1} more` : ''
  return failed(
    `${seen}; ${first.row ? `${first.row.kind} ${quoted(first.row.key)}: ` : ''}${first.message}${more}`,
    'Run halyard inspect --verify for the list, and let the writer write all rows again.',
    facts,
  )
}

function judgeResume({ survey }: StoreInspection, { owner }: StoreTarget, now: number): Finding {
  const { sidecar: found } = survey
  switch (found.type) {
    case 'absent':
      return ok('no state of Halyard: a start costs a full payload')
    case 'unreadable':
    case 'otherFormat':
      return warning(
        'the state of Halyard is unreadable or of another version: a start costs a full payload',
        'Nothing has to be done: the next writer replaces it.',
      )
    case 'readable': {
      const { sidecar, digest } = found
      const saved = `saved ${ago(now - sidecar.savedAt)}`
      const facts = { savedAt: sidecar.savedAt, selector: sidecar.selector !== undefined, digest }
      if (owner && !new DataOwner(owner).owns(sidecar))
        return failed(
          `the data was written with another SDK key (${saved})`,
          'Use the SDK key of the writer, and give each environment its own prefix; after a key was replaced, the next start of the writer corrects this.',
          facts,
        )
      if (digest === 'differs')
        return warning(
          `other software changed the rows (${saved}): a start costs a full payload`,
          'Let only one kind of software write with this prefix.',
          facts,
        )
      return sidecar.selector
        ? ok(`a start resumes with a delta (${saved})`, facts)
        : ok(`no selector: a start costs a full payload (${saved})`, facts)
    }
    default:
      return found satisfies never
  }
}

import { StoreError } from '../../model/errors.ts'

/** Where a table is, as far as that is known. */
export interface Place {
  readonly tableName: string
  readonly region?: string | undefined
  /** Host and port, where the client does not talk to AWS itself. */
  readonly endpoint?: string | undefined
}

export const EXPECTED_TABLE =
  'Halyard needs a table with the partition key "namespace" (string) and the sort key "key" (string)'

/** The database has too much to do: the same may work a moment later. */
const THROTTLES: ReadonlySet<string> = new Set([
  'ProvisionedThroughputExceededException',
  'RequestLimitExceeded',
  'ThrottlingException',
])

/** What no repetition mends, and what does. */
const REFUSALS: ReadonlyMap<string, string> = new Map([
  ['ResourceNotFoundException', EXPECTED_TABLE],
  ['AccessDeniedException', 'grant GetItem, Query, and for writers PutItem, UpdateItem and BatchWriteItem'],
  ['ExpiredTokenException', 'the AWS credentials have expired'],
  ['ExpiredToken', 'the AWS credentials have expired'],
  ['UnrecognizedClientException', 'AWS does not know these credentials'],
  ['InvalidSignatureException', 'is the secret access key right, and the clock?'],
  ['MissingAuthenticationTokenException', 'are there AWS credentials?'],
  ['CredentialsProviderError', 'are there AWS credentials?'],
  ['ValidationException', EXPECTED_TABLE],
])

export function describePlace({ tableName, region, endpoint }: Place): string {
  const where = [region && `in ${region}`, endpoint && `at ${endpoint}`].filter(Boolean).join(' ')
  return `table "${tableName}"${where && ` ${where}`}`
}

/** What a failed operation means. Never repeats more of an answer than its first line: the rest may quote the request. */
export function toStoreError(error: unknown, operation: string, place: Place): StoreError {
  if (error instanceof StoreError) return error
  const name = nameOf(error)
  const refusal = isRegionMissing(error) ? 'set clientOptions.region or AWS_REGION' : REFUSALS.get(name)
  const kind = refusal === undefined ? 'unavailable' : 'refused'
  const why = `${describeError(error)}${refusal === undefined ? '' : `; ${refusal}`}`
  return new StoreError(kind, `${operation} on DynamoDB ${describePlace(place)}: ${why}`, { cause: error })
}

/** Whether the database said, in answer to a conditional write, that the condition does not hold. */
export function isConditionFailed(error: unknown): boolean {
  return causeOf(error) === 'ConditionalCheckFailedException'
}

export function isThrottled(error: unknown): boolean {
  return THROTTLES.has(causeOf(error))
}

export function isDenied(error: unknown): boolean {
  return causeOf(error) === 'AccessDeniedException'
}

function causeOf(error: unknown): string {
  return error instanceof StoreError ? nameOf(error.cause) : ''
}

function nameOf(error: unknown): string {
  return error instanceof Error ? error.name : ''
}

function isRegionMissing(error: unknown): boolean {
  return error instanceof Error && error.message === 'Region is missing'
}

function describeError(error: unknown): string {
  if (!(error instanceof Error)) return String(error)
  const [line = ''] = error.message.split('\n')
  const { code } = error as NodeJS.ErrnoException
  const parts = [error.name === 'Error' ? '' : error.name, line, line.includes(code ?? '') ? '' : code]
  return parts.filter(Boolean).join(': ')
}

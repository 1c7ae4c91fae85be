import type { ServiceOutputTypes } from '@aws-sdk/client-dynamodb'
import { StoreError } from '../../model/errors.ts'
import { describeNetworkFailure, isNetworkFailure } from '../../transport/network-failure.ts'

/** Where a table is, as far as that is known. */
export interface TableLocation {
  readonly tableName: string
  readonly region?: string | undefined
  /** Host and port, where the client does not talk to AWS itself. */
  readonly endpoint?: string | undefined
}

/**
 * A {@link StoreError} that knows what AWS called it. What the SDK threw is not its `cause`: that holds the request,
 * credentials and all, and would be printed with it.
 */
export class DynamodbError extends StoreError {
  /** As `ThrottlingException`; `Error` for what no answer came to. */
  readonly reason: string

  constructor(kind: StoreError['kind'], message: string, { reason, why }: { reason: string; why: string }) {
    super(kind, message, { cause: new Error(why) })
    this.reason = reason
  }
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

export function describeLocation({ tableName, region, endpoint }: TableLocation): string {
  const where = [region && `in ${region}`, endpoint && `at ${endpoint}`].filter(Boolean).join(' ')
  return `table "${tableName}"${where && ` ${where}`}`
}

/** What a failed operation means. Repeats no more of an answer than its first line: the rest may quote the request. */
export function toDynamodbError(error: unknown, operation: string, place: TableLocation): StoreError {
  if (error instanceof StoreError) return error
  const { name, message } = error instanceof Error ? error : new Error(String(error))
  const hint = message === 'Region is missing' ? 'set clientOptions.region or AWS_REGION' : REFUSALS.get(name)
  const kind = hint === undefined ? 'unavailable' : 'refused'
  const why = [describe(error), hint].filter(Boolean).join('; ')
  return new DynamodbError(kind, `${operation} on DynamoDB ${describeLocation(place)}: ${why}`, {
    reason: name,
    why,
  })
}

/** Whether the database said, in answer to a conditional write, that the condition does not hold. */
export function isConditionFailed(error: unknown): boolean {
  return reasonOf(error) === 'ConditionalCheckFailedException'
}

export function isThrottled(error: unknown): boolean {
  return THROTTLES.has(reasonOf(error))
}

export function isDenied(error: unknown): boolean {
  return reasonOf(error) === 'AccessDeniedException'
}

function reasonOf(error: unknown): string {
  return error instanceof DynamodbError ? error.reason : ''
}

function describe(error: unknown): string {
  if (!(error instanceof Error)) return String(error)
  if (isNetworkFailure(error)) return describeNetworkFailure(error)
  const [line = ''] = error.message.split('\n')
  const { code, $metadata } = error as NodeJS.ErrnoException & Partial<Pick<ServiceOutputTypes, '$metadata'>>
  if (error.name === 'Unknown' || error.name === 'SyntaxError') {
    return `the server answered ${$metadata?.httpStatusCode}, not in the way of DynamoDB`
  }
  const name = error.name === 'Error' ? '' : error.name
  // An attempt on several addresses that all failed has a code and no words.
  return [name, line, typeof code === 'string' && !line.includes(code) ? code : ''].filter(Boolean).join(': ')
}

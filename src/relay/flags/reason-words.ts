import type { ErrorKind, Reason } from '../../evaluation/detail.ts'
import { keyOf, type Sentence, sentence, value } from './sentence.ts'

const ERRORS: Readonly<Record<ErrorKind, string>> = {
  CLIENT_NOT_READY: 'there is no flag data yet',
  FLAG_NOT_FOUND: 'the flag does not exist',
  MALFORMED_FLAG: 'the flag is malformed',
  USER_NOT_SPECIFIED: 'the context is invalid',
  EXCEPTION: 'the evaluation failed',
  WRONG_TYPE: 'the value has another type',
}

/** Returns the reason for a value in words: `rule 2 matches`. */
export function reasonWords(reason: Reason): Sentence {
  switch (reason.kind) {
    case 'OFF':
      return ['the flag is off']
    case 'FALLTHROUGH':
      return ['the default rule applies']
    case 'TARGET_MATCH':
      return ['the key is a target']
    case 'RULE_MATCH':
      return [`rule ${reason.ruleIndex + 1} matches`]
    case 'PREREQUISITE_FAILED':
      return sentence`prerequisite ${keyOf('flag', reason.prerequisiteKey)} is not met`
    case 'ERROR':
      return [ERRORS[reason.errorKind]]
    default:
      return reason satisfies never
  }
}

/** Returns a result in words: `variation 1 (false), because the flag is off`. */
export function resultWords(result: {
  readonly value: unknown
  readonly variationIndex: number | null
  readonly reason: Reason
}): Sentence {
  const { variationIndex, reason } = result
  const served =
    variationIndex === null
      ? ['the fallback value of the application']
      : sentence`variation ${String(variationIndex)} (${value(result.value)})`
  return sentence`${served}, because ${reasonWords(reason)}`
}

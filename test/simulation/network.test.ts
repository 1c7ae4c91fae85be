import { expect, it } from 'vitest'
import { mayBeChecked } from './network.ts'

it.each([
  { evenForMs: Number.POSITIVE_INFINITY, silentMs: 199_999, expected: false },
  { evenForMs: Number.POSITIVE_INFINITY, silentMs: 200_000, expected: true },
  // Silent since the clocks jumped.
  { evenForMs: 1_000, silentMs: 1_000, expected: true },
  { evenForMs: 60_000, silentMs: 60_000, expected: true },
  // The last byte came before the first check.
  { evenForMs: 1_500, silentMs: 0, expected: true },
  { evenForMs: 38_879, silentMs: 38_850, expected: true },
  { evenForMs: 60_000, silentMs: 58_200, expected: true },
  // The last byte was received when the check must already have begun.
  { evenForMs: 60_000, silentMs: 58_199, expected: false },
  { evenForMs: 2_000, silentMs: 0, expected: false },
])(
  '(S152, S189) a stream silent for $silentMs ms, $evenForMs ms after a jump, may be checked: $expected',
  ({ expected, ...stream }) => {
    expect(mayBeChecked(stream)).toBe(expected)
  },
)

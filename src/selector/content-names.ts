/** The scope of the states of files, which keeps them from being sent to a service. */
export const FILE_SCOPE = 'file'

const FILE_PREFIX = 'halyard-file:'

/** Returns the state of a content of flag files (decision 46). */
export function fileState(content: string): string {
  return `${FILE_PREFIX}${content}`
}

/** Returns the state of data with overrides from flag files over a state of its source. */
export function overriddenState(state: string, overrides: string): string {
  return `${state}+${FILE_PREFIX}${overrides}`
}

/** Returns true if the same state can have items with other versions, but no other content, on another server. */
export function isVersionless(state: string): boolean {
  return state.includes(FILE_PREFIX)
}

/** Returns true if a state is derived from the data, so that it returns when a former content does. A service never repeats a state. */
export function canReturn(state: string): boolean {
  return state.startsWith('halyard-') || isVersionless(state)
}

/** As in LaunchDarkly's Relay Proxy: a file has to be smaller. */
export const MOST_FILE_BYTES: number = 200 * 2 ** 20
/** The whole archive, unpacked; as much as the body of a poll may have. */
export const MOST_BYTES: number = 512 * 2 ** 20
/** Two for each of 10,000 environments, and some more. */
export const MOST_FILES = 20_100

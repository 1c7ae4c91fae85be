/** A logger without output, so that no subject is charged for a terminal. */
export const silent = { debug() {}, info() {}, warn() {}, error() {} }

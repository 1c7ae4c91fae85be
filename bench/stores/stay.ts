/** Keeps the process alive until it is ended, because connections of a client do not. */
export function stay(): void {
  setInterval(() => {}, 60_000)
}

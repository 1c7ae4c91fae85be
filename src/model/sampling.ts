/**
 * Draws whether to send an event of which one in `ratio` is sent. A ratio of 0 or less sends none, 1 sends all. Fractions are cut off.
 *
 * @param random - returns a number in [0, 1).
 */
export function isSampled(ratio: number, random: () => number): boolean {
  const whole = Math.trunc(ratio)
  return whole === 1 || (whole > 0 && Math.floor(random() * whole) === 0)
}

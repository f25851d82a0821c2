/** Shares with an interval: a rate without its size says little. */

/** The 95 % interval of k out of n (Wilson 1927), n > 0; within [0, 1], and honest for small n. */
export function wilson(k: number, n: number): [low: number, high: number] {
  const z = 1.959964;
  const share = k / n;
  const middle = share + (z * z) / (2 * n);
  const reach = z * Math.sqrt((share * (1 - share)) / n + (z * z) / (4 * n * n));
  const scale = 1 + (z * z) / n;
  return [Math.max(0, (middle - reach) / scale), Math.min(1, (middle + reach) / scale)];
}

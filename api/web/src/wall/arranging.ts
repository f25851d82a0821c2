/** Pure arrangement of a wall: how many columns, and which part a tour shows when. */
export const SIZES = [1, 4, 9, 16, 25, 36, 64] as const;
export const TOURS_S = [0, 10, 20, 60] as const;

/** Columns for so many 16:9 tiles in a box, so that they are as large as may be. */
export function columnsOf(count: number, width_px: number, height_px: number): number {
  let best = 1;
  let size = 0;
  for (let columns = 1; columns <= Math.max(1, count); columns += 1) {
    const rows = Math.ceil(count / columns);
    const width = Math.min(width_px / columns, (height_px / rows) * (16 / 9));
    if (width > size + 0.01) [best, size] = [columns, width];
  }
  return best;
}

export const pagesOf = (total: number, size: number): number => Math.max(1, Math.ceil(total / size));

/** Put a camera before another one, or at the end. */
export function moved(order: readonly string[], camera: string, before: string | null): string[] {
  const rest = order.filter((each) => each !== camera);
  const at = before === null ? rest.length : rest.indexOf(before);
  return at < 0 ? [...rest, camera] : [...rest.slice(0, at), camera, ...rest.slice(at)];
}

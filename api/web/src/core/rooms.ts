/** Which rooms there are, for whom, and how an address names them. */
export type Room = 'review' | 'wall' | 'cases' | 'insight' | 'inspections' | 'cameras' | 'register' | 'admin' | 'my';
/** In the order in which they stand in the header. */
export const ROOMS: readonly Room[] = ['review', 'wall', 'cases', 'inspections', 'insight', 'cameras', 'register', 'admin', 'my'];

/** Who has use for which room; what a person may do there says the API. */
const OF_ROLE: Record<string, readonly Room[]> = {
  admin: ['review', 'wall', 'cases', 'inspections', 'insight', 'cameras', 'register', 'admin'],
  supervisor: ['review', 'wall', 'cases', 'inspections', 'insight', 'cameras', 'register'],
  analyst: ['review', 'wall', 'cases', 'inspections', 'insight', 'cameras'],
  kitchen: ['my'],
};
export const roomsOf = (role: string): readonly Room[] => OF_ROLE[role] ?? ['review'];

export interface Route {
  room: Room;
  params: URLSearchParams;
}

export function parse(pathname: string, search: string): Route {
  const first = pathname.split('/').filter(Boolean)[0] ?? '';
  const room = ROOMS.find((r) => r === first) ?? 'review';
  return { room, params: new URLSearchParams(search) };
}

export function format(room: Room, params: Record<string, string | undefined>): string {
  const pairs = Object.entries(params).filter((p): p is [string, string] => Boolean(p[1]));
  const text = new URLSearchParams(pairs).toString();
  return text ? `/${room}?${text}` : `/${room}`;
}

/** What setting up a camera asks of the API. */
import { useQuery, useQueryClient } from '@tanstack/react-query';
import { get, send } from '../core/http';
import type { Session, Tier } from '../core/types';
import type { Zone } from './polygon';

export interface Probe {
  source: string;
  codec: string;
  width: number;
  height: number;
  fps: number | null;
  key_frame_interval_s: number | null;
  picture: string;
  blurred: 'heads' | 'whole';
}
export interface CameraFacts {
  id: string;
  site: string;
  site_name?: string;
  name: string;
  source: string;
  zones: Zone[];
  interval_s: number;
  enabled: boolean;
  etag: string;
}
export interface Duty {
  kind: string;
  tier: Tier;
  binding: 'mandatory' | 'recommended';
}
interface Duties {
  zones: { type: string; duties: Duty[] }[];
}

const WRITERS = ['admin'];
const PROBERS = ['admin', 'supervisor'];
export function useRights(): { write: boolean; probe: boolean } {
  const role = useQueryClient().getQueryData<Session>(['session'])?.user.role ?? '';
  return { write: WRITERS.includes(role), probe: PROBERS.includes(role) };
}

export const probeOf = async (which: { source: string } | { camera: string }): Promise<Probe> =>
  (await (await send('/v1/cameras/probe', { method: 'POST', body: which })).json()) as Probe;

export const useCamera = (id: string) =>
  useQuery({ queryKey: ['camera', id], queryFn: ({ signal }) => get<CameraFacts>(`/v1/cameras/${id}`, {}, signal), staleTime: 0, gcTime: 0 });

export const useDuties = (site: string) =>
  useQuery({
    queryKey: ['duties', site],
    queryFn: ({ signal }) => get<Duties>(`/v1/sites/${site}/duties`, {}, signal),
    enabled: site !== '',
    staleTime: Infinity,
  }).data?.zones;

export const addCamera = async (body: object): Promise<void> => void (await send('/v1/cameras', { method: 'POST', body }));
export async function changeCamera(id: string, etag: string, patch: object): Promise<void> {
  await send(`/v1/cameras/${id}`, { method: 'PATCH', body: patch, headers: { 'If-Match': etag } });
}
export async function removeCamera(id: string): Promise<void> {
  const { etag } = await get<CameraFacts>(`/v1/cameras/${id}`);
  await send(`/v1/cameras/${id}`, { method: 'DELETE', headers: { 'If-Match': etag } });
}

/** What the API sends, as the contract writes it; nothing here is invented by the console. */
export type Tier = 'I' | 'II' | 'III';
export type Binding = 'mandatory' | 'recommended';
export type Verdict = 'confirmed' | 'dismissed' | 'unsure';
export type Status = 'pending_review' | Verdict;
export const STATUSES: readonly Status[] = ['pending_review', 'unsure', 'confirmed', 'dismissed'];
export const TIERS: readonly Tier[] = ['I', 'II', 'III'];
export const REASONS = [
  'not_a_violation',
  'wrong_object',
  'wrong_item_state',
  'wrong_zone',
  'picture_unclear',
  'duplicate',
  'demo_or_test',
  'other',
] as const;
export type Reason = (typeof REASONS)[number];

export type MediaRole = 'snapshot' | 'annotated' | 'snapshot_blurred' | 'annotated_blurred' | 'clip' | 'manifest';
export interface Media {
  url: string;
  sha256: string;
  size_bytes: number;
  blurred: boolean;
  media_type: string;
}
export interface Look {
  pts_s: number;
  /** Nats for (+) or against (−) the violation; null = unknown. */
  log_odds: number | null;
  total: number;
}
export interface Clause {
  id: string;
  jurisdiction: string;
  instrument: string;
  article: string;
  text: Record<string, string>;
  source_url: string;
  verified: boolean;
}
export interface Review {
  verdict: Verdict;
  reason: string | null;
  by?: string | null;
  at?: string | null;
}
export interface KitchenEvent {
  id: string;
  sequence: number | null;
  site: string;
  camera: string;
  zone: { name: string; type: string };
  kind: string;
  tier: Tier;
  binding: Binding;
  clause: Clause[];
  started_at: string;
  opened_at: string;
  ended_at: string | null;
  started_pts_s: number;
  opened_pts_s: number;
  ended_pts_s: number | null;
  probability: number;
  peak: number | null;
  /** xyxy in px of the frame; null when it is about the whole picture. */
  box: [number, number, number, number] | null;
  frame_wh: [number, number];
  subject: string;
  looks: Look[];
  model: string;
  rule_version: string;
  closed_reason: string | null;
  status: Status;
  usable_as_penalty_evidence: boolean;
  evidence: Partial<Record<MediaRole, Media>>;
  review?: Review | null;
  /** Who is reviewing it at the moment; null = nobody. */
  claim?: { by: string; until: string } | null;
  /** The case that it is in. */
  case?: { id: string; stage: string } | null;
  site_name?: string;
  camera_name?: string;
  time_zone?: string;
  /** Of this version; a verdict on an older one is refused. */
  etag?: string;
}
export interface EventPage {
  items: KitchenEvent[];
  next: string | null;
}
export interface Counts {
  status: Record<string, number>;
  kind: Record<string, number>;
  tier: Record<string, number>;
}
export interface CloudEvent {
  id: string;
  type: string;
  time: string;
  sequence?: number | null;
  data: Partial<KitchenEvent> & { id?: string };
}
export interface User {
  second_factor?: 'on' | 'off' | 'to_enrol';
  name: string;
  role: string;
  language?: string | null;
}
export interface Session {
  user: User;
  csrf: string;
  must_set_password?: boolean;
}
export interface Site {
  id: string;
  name?: string;
  time_zone?: string;
}
export interface CameraState {
  state?: string;
  last_look_at?: string | null;
  looks?: number;
  drops?: Record<string, number>;
  error?: string | null;
  /** The worker has not reported for a while: the state says nothing about now. */
  stale?: boolean;
}
export interface Camera {
  id: string;
  site: string;
  site_name?: string;
  name?: string;
  source?: string;
  enabled?: boolean;
  zones?: { name: string; type: string }[];
  time_zone?: string;
  /** What the worker reported last; null = never. */
  state?: CameraState | null;
}
export interface CatalogueKind {
  name: string;
  zh: string;
  en: string;
  tier?: Tier;
  thresholds?: { open_at: number; close_at: number };
}
export interface AccessRow {
  id?: string | number;
  at: string;
  user?: string | null;
  event?: string | null;
  /** A photo of a kitchen; then there is no event and no camera. */
  photo?: string | null;
  /** Which media. */
  name: string;
  reason: string;
  camera?: string | null;
  site?: string;
}

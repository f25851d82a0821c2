/** A case, as the API tells it. */
import type { Stage } from '../core/api.gen';
import type { KitchenEvent, Tier } from '../core/types';

export type { Stage };
export type Card = 'none' | 'yellow' | 'red' | 'on_site';
export type Appeal = 'none' | 'filed' | 'upheld' | 'rejected';
export type Party = 'supervisor' | 'kitchen' | 'system';
export type Need = 'reason' | 'proof' | 'until';
export type Both = { zh: string; en: string };

export interface Clock {
  name: string;
  party: Party;
  due_at: string;
  /** What is left of a clock that pauses, s; null while it runs. */
  paused_left_s: number | null;
  started_at: string;
  in_working_time: boolean;
  running: boolean;
  overdue: boolean;
  stopped_at: string | null;
  stopped_by: string;
  stops_with: string[];
  why: Both;
}
export interface CaseHead {
  id: string;
  kind: string;
  tier: Tier;
  stage: Stage;
  appeal: Appeal;
  card: Card;
  turn: 'supervisor' | 'kitchen' | 'none';
  /** Earlier ones of the kind at this site within a year. */
  repeats: number;
  site: string;
  site_name: string;
  time_zone: string;
  day: string;
  event: string;
  event_count: number;
  began_at: string;
  due_at: string | null;
  overdue: boolean;
  /** The officer who answers for it; null = nobody. */
  assignee: string | null;
  clocks: Clock[];
  etag: string;
}
export interface Permitted {
  action: string;
  needs: Need[];
  does: Both;
}
export interface StoryEntry {
  at: string;
  what: string;
  by: string;
  role: Party;
  event?: string;
  number?: number;
  reason?: string;
  proof?: string[];
  until?: string | null;
}
export type Texts = Record<'zh' | 'en', { title: string; body: string }>;
export type Member = KitchenEvent & { camera_name: string; joined_at: string; left_at: string | null };
export interface CaseFile extends CaseHead {
  kind_names: Both;
  policy: string;
  order: Texts | null;
  /** To whom it may be assigned by whoever asked, the nearest first. */
  officers: string[];
  events: Member[];
  story: StoryEntry[];
  permitted: Permitted[];
  usable_as_penalty_evidence: boolean;
  penalty_evidence_lacks: string[];
}
export interface CasePage {
  items: CaseHead[];
  next: string | null;
}
export const STAGES: readonly Stage[] = ['confirmed', 'ordered', 'acknowledged', 'planned', 'rectified', 'returned', 'closed', 'withdrawn'];
export const OVER: readonly Stage[] = ['closed', 'withdrawn'];

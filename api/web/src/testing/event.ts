/** An event for unit tests, as the contract writes it. */
import type { KitchenEvent } from '../core/types';

export function event(part: Partial<KitchenEvent> = {}): KitchenEvent {
  return {
    id: 'one',
    sequence: 1,
    site: 'local',
    camera: 'kitchen-1',
    zone: { name: 'main', type: 'special_room' },
    kind: 'no_hat',
    tier: 'II',
    binding: 'mandatory',
    clause: [],
    started_at: '2026-11-24T01:02:00Z',
    opened_at: '2026-11-24T01:02:03Z',
    ended_at: null,
    started_pts_s: 7,
    opened_pts_s: 9,
    ended_pts_s: null,
    probability: 0.97,
    peak: null,
    box: null,
    frame_wh: [768, 432],
    subject: 'track-1',
    looks: [],
    model: 'detector@1',
    rule_version: '1',
    closed_reason: null,
    status: 'pending_review',
    usable_as_penalty_evidence: false,
    evidence: {},
    ...part,
  };
}

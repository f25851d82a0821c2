/** Live arrival: one EventSource, resumed where it stopped, with its state for everybody to see. */
import { useEffect, useRef, useState } from 'react';
import type { CloudEvent } from './types';

export type StreamState = 'connecting' | 'live' | 'lost';
const STEPS = ['began', 'joined', 'left', 'order', 'acknowledge', 'state', 'appeal', 'uphold', 'reject', 'plan', 'rectify', 'accept', 'return'];
const OTHERS = ['extend', 'inspect', 'find_unfixed', 'handed_over', 'assigned', 'withdraw', 'warn_yellow', 'warn_red', 'send_inspector', 'reminded', 'overdue'];
const PHASES = ['opened', 'closed', 'updated', 'reviewed', ...[...STEPS, ...OTHERS].map((step) => `case.${step}`)];
const TYPES = PHASES.map((phase) => `cn.mingchu.violation.${phase}`);
export const isOfCase = (event: CloudEvent): boolean => event.type.includes('.case.');
const RETRY_MS = 3000;

interface Line {
  source: EventSource | null;
  last: string;
  timer: number;
  over: boolean;
}

export interface Listener {
  take: (event: CloudEvent) => void;
  /** The server answered, but not with a stream: the session may be over. */
  refused: () => void;
}

function open(line: Line, tell: (state: StreamState) => void, listener: () => Listener): void {
  const source = new EventSource(line.last ? `/v1/stream?after=${encodeURIComponent(line.last)}` : '/v1/stream');
  line.source = source;
  source.onopen = () => tell('live');
  source.onerror = () => {
    tell('lost');
    if (source.readyState !== EventSource.CLOSED || line.over) return; // the browser itself tries again
    listener().refused();
    line.timer = window.setTimeout(() => open(line, tell, listener), RETRY_MS);
  };
  const receive = (message: MessageEvent<string>): void => {
    line.last = message.lastEventId || line.last;
    listener().take(JSON.parse(message.data) as CloudEvent);
  };
  for (const type of TYPES) source.addEventListener(type, receive);
  source.onmessage = receive;
}

export function useStream(listener: Listener): StreamState {
  const [state, setState] = useState<StreamState>('connecting');
  const latest = useRef(listener);
  latest.current = listener;
  useEffect(() => {
    const line: Line = { source: null, last: '', timer: 0, over: false };
    open(line, setState, () => latest.current);
    return () => {
      line.over = true;
      window.clearTimeout(line.timer);
      line.source?.close();
    };
  }, []);
  return state;
}

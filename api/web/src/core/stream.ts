/** Live arrival: one EventSource, resumed where it stopped, with its state for everybody to see. */
import { useEffect, useRef, useState } from 'react';
import type { CloudEvent } from './types';

export type StreamState = 'connecting' | 'live' | 'lost';
const TYPES = ['opened', 'closed', 'updated', 'reviewed'].map((phase) => `cn.mingchu.violation.${phase}`);
const RETRY_MS = 3000;

interface Line {
  source: EventSource | null;
  last: string;
  timer: number;
  over: boolean;
}

function open(line: Line, tell: (state: StreamState) => void, take: (event: CloudEvent) => void): void {
  const source = new EventSource(line.last ? `/v1/stream?after=${encodeURIComponent(line.last)}` : '/v1/stream');
  line.source = source;
  source.onopen = () => tell('live');
  source.onerror = () => {
    tell('lost');
    if (source.readyState !== EventSource.CLOSED || line.over) return; // the browser itself tries again
    line.timer = window.setTimeout(() => open(line, tell, take), RETRY_MS);
  };
  const receive = (message: MessageEvent<string>): void => {
    line.last = message.lastEventId || line.last;
    take(JSON.parse(message.data) as CloudEvent);
  };
  for (const type of TYPES) source.addEventListener(type, receive);
  source.onmessage = receive;
}

export function useStream(take: (event: CloudEvent) => void): StreamState {
  const [state, setState] = useState<StreamState>('connecting');
  const latest = useRef(take);
  latest.current = take;
  useEffect(() => {
    const line: Line = { source: null, last: '', timer: 0, over: false };
    open(line, setState, (event) => latest.current(event));
    return () => {
      line.over = true;
      window.clearTimeout(line.timer);
      line.source?.close();
    };
  }, []);
  return state;
}

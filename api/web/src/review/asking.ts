/** How a page of the queue is asked for; apart from what draws it, so that it can be asked before that is there. */
import { get } from '../core/http';
import type { EventPage } from '../core/types';
import { queryOf, type Filters } from './grouping';

const PAGE = 50;

export const pageOf = (filters: Filters, cursor: string | null, signal?: AbortSignal): Promise<EventPage> => get<EventPage>('/v1/events', { ...queryOf(filters), limit: PAGE, cursor }, signal);

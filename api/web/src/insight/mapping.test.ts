import { expect, test } from 'vitest';
import { clustered, outline, planned, scaleOf, type Place } from './mapping';

const place = (id: string, latitude: number, longitude: number, colour: Place['colour'] = 'green'): Place => ({ id, name: id, region: 'r', latitude, longitude, colour });

test('north is up, east is right, and a kilometre is as long in both directions', () => {
  const [middle, north, east] = [place('m', 30, 120), place('n', 30.05, 120), place('e', 30, 120.05)];
  const plan = planned([middle, north, east], 600, 30, 400);
  const [m, n, e] = [plan.at(middle), plan.at(north), plan.at(east)];
  expect(n.y).toBeLessThan(m.y);
  expect(e.x).toBeGreaterThan(m.x);
  expect((e.x - m.x) / (m.y - n.y)).toBeCloseTo(Math.cos((30.025 * Math.PI) / 180), 4);
  for (const at of [m, n, e]) expect(at.x >= 29 && at.x <= 571 && at.y >= 29 && at.y <= plan.height - 29).toBe(true);
});

test('one site alone stands in the middle', () => {
  const plan = planned([place('a', 30, 120)], 600, 30, 400);
  expect(plan.at(place('a', 30, 120))).toEqual({ x: 300, y: plan.height / 2 });
});

test('what lies on one another is one, of the worst colour', () => {
  const places = [place('a', 30, 120), place('b', 30.00001, 120, 'red'), place('c', 30.4, 120.4, 'amber')];
  const found = clustered(places, planned(places, 600, 30, 400), 24);
  expect(found.map((each) => [each.places.length, each.colour]).sort()).toEqual([[1, 'amber'], [2, 'red']]);
});

test('an outline leaves out what lies within', () => {
  const square = [{ x: 0, y: 0 }, { x: 4, y: 0 }, { x: 4, y: 4 }, { x: 0, y: 4 }];
  expect(outline([...square, { x: 2, y: 2 }])).toHaveLength(4);
  expect(outline([{ x: 0, y: 0 }, { x: 1, y: 1 }, { x: 2, y: 2 }])).toEqual([]);
});

test('the scale bar has a round length', () => {
  const { metres, px } = scaleOf({ at: () => ({ x: 0, y: 0 }), height: 1, metres: 37 }, 600);
  expect([metres, Math.round(px)]).toEqual([2000, 54]);
});

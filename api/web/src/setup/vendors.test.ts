import { expect, test } from 'vitest';
import { addressOf, partsOf, VENDORS } from './vendors';

test.each(VENDORS)('choosing $id keeps host, name and password, whatever signs they hold', (vendor) => {
  const source = addressOf(vendor, '10.1.2.3', 'admin', 'p@ss/w:rd');
  expect(source).toBe(`rtsp://admin:p%40ss%2Fw%3Ard@10.1.2.3${vendor.path}`);
  expect(partsOf(source)).toEqual({ host: '10.1.2.3', user: 'admin', password: 'p@ss/w:rd' });
});
test('a bare IP is a host', () => expect(partsOf('192.168.1.9').host).toBe('192.168.1.9'));
test('no address has no parts', () => expect(partsOf('')).toEqual({ host: '', user: '', password: '' }));

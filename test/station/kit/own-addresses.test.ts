// What somebody has to type into a device so that it finds this machine.
import { isIPv4 } from 'node:net';
import { expect, it } from 'vitest';
import { ownAddresses } from '#station/kit/own-addresses.ts';

it('names the one address when the station listens on one only', () => {
  expect(ownAddresses('10.20.0.7')).toEqual(['10.20.0.7']);
});

it('names only addresses that a device can reach when the station listens on all of them', () => {
  const found = ownAddresses('0.0.0.0');
  expect(found.filter((address) => !isIPv4(address) || address.startsWith('127.'))).toEqual([]);
  expect(ownAddresses('::')).toEqual(found);
});

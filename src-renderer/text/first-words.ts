// What somebody is told who has this station before them for the first time: how it is called, how the first image comes, and
// how it is seen that it leaves.
import { sayList } from './formats.ts';

export const firstTexts = {
  title: 'Nothing has arrived yet',
  lead: 'Three things, and the first exam is here.',
  /** @param addresses none when this machine is in no network */
  device: (ae: string, port: number, addresses: readonly string[]) =>
    `On the device, set up a receiver: AE title ${ae}, port ${port}, ${
      addresses.length === 0
        ? 'and the address of this computer'
        : `address ${sayList(addresses.slice(0, 3)).replace(' and ', ' or ')}`
    }.`,
  allow:
    'Call from the device, an echo is enough. The first time it is turned away and stands here at the top: A allows it. Then send.',
  files: 'No device at hand? Drop files anywhere on this window, or choose them in Import.',
  leaves: (names: readonly string[]) =>
    `What you approve goes to ${sayList(names)}. A green light at the bottom means that it answers; the Outbox says when it has proved that it holds each image.`,
  /** Where this computer is reached, for the set-up. */
  at: (addresses: readonly string[]) =>
    addresses.length === 0 ? '' : ` This computer is ${sayList(addresses.slice(0, 3))}.`,
  nowhere: 'Nothing can leave yet: no archive is named. Name it in Setup and test it there.',
} as const;

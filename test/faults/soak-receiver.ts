// The archive of a long test, as a process of its own: the receiver of the demonstration, which answers queries about what it
// holds. Tells its port to its parent, ends with SIGTERM.
import { Receiver } from '../../src-main/demo/receiver.ts';

const receiver = await Receiver.open(
  { id: 'archive', name: 'Archive', aeTitle: 'ARCHIVE', kind: 'archive', proves: 'query' },
  process.argv[2] ?? '',
);
process.send?.({ port: receiver.port });
process.once('SIGTERM', () => void receiver.close().then(() => process.exit(0)));

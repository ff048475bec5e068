// A request that is cut off by the station is told of: what nobody hears of, nobody mends.
import { once } from 'node:events';
import { connect } from 'node:net';
import { expect, test } from 'vitest';
import { openLog } from '#station/kit/log.ts';
import { runHeadless } from '../../src-main/headless/run.ts';
import { temporaryFolder } from '../peers/programs/temporary-folder.ts';

test('a request that is no request is cut off, and the log says why', async () => {
  const folder = await temporaryFolder('cut-off');
  const lines: string[] = [];
  const log = openLog(
    (line) => lines.push(line),
    () => '',
  );
  const running = await runHeadless({ home: folder.path, dicomPort: 0, httpPort: 0, pagesFolder: folder.path, log });
  try {
    const socket = connect(Number(new URL(running.ready.url).port), '127.0.0.1');
    socket.on('error', () => undefined);
    socket.end('NOT HTTP\r\n\r\n');
    socket.resume();
    await once(socket, 'close');
    expect(lines.filter((line) => line.includes('request-cut-off'))).toEqual([expect.stringContaining('HPE_')]);
  } finally {
    await running.close();
    await folder.close();
  }
});

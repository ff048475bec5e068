// The thread in which pictures are checked, one after the other: what takes long there keeps nobody waiting.
import { parentPort } from 'node:worker_threads';
import type { CheckRequest } from './about.ts';
import { checkPicture } from './picture-checks.ts';

parentPort?.on('message', (request: CheckRequest) => parentPort?.postMessage(checkPicture(request)));

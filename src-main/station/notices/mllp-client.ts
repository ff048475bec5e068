// Says one HL7 message over MLLP and waits for its acknowledgement.
//
// Guarantees: ends with an outcome within the time; the socket is closed then. What is not an acknowledgement of this very
// message counts as none. Never rejects but with the AbortError of its signal.
import net from 'node:net';

export type MllpOutcome =
  | { readonly kind: 'acknowledged'; readonly code: string; readonly text: string }
  | { readonly kind: 'unreachable'; readonly code: string }
  /** The message may have been taken. */
  | { readonly kind: 'no-answer'; readonly code: string };

const mostAnswerBytes = 65_536;

export function sayMllp(to: {
  readonly host: string;
  readonly port: number;
  readonly message: string;
  /** MSH-10. */
  readonly controlId: string;
  readonly withinMs?: number;
  readonly signal: AbortSignal;
}): Promise<MllpOutcome> {
  const { host, port, message, controlId, signal, withinMs = 20_000 } = to;
  return new Promise((resolve, reject) => {
    if (signal.aborted) return reject(cancelled());
    const socket = net.connect({ host, port, noDelay: true });
    let isConnected = false;
    let heard: Buffer = Buffer.alloc(0);
    const end = (settle: () => void) => {
      clearTimeout(timer);
      signal.removeEventListener('abort', onAbort);
      socket.destroy();
      settle();
    };
    const onAbort = () => end(() => reject(cancelled()));
    const fail = (code: string) =>
      end(() => resolve(isConnected ? { kind: 'no-answer', code } : { kind: 'unreachable', code }));
    const timer = setTimeout(() => fail('ETIMEDOUT'), withinMs);
    signal.addEventListener('abort', onAbort, { once: true });
    socket.on('error', (error: NodeJS.ErrnoException) => fail(error.code ?? 'ERROR'));
    socket.on('close', () => fail('EOF'));
    socket.on('connect', () => {
      isConnected = true;
      socket.write(Buffer.concat([Buffer.from([0x0b]), Buffer.from(message, 'utf8'), Buffer.from([0x1c, 0x0d])]));
    });
    socket.on('data', (bytes) => {
      heard = Buffer.concat([heard, bytes]);
      if (heard.length > mostAnswerBytes) return fail('answer too long');
      const from = heard.indexOf(0x0b);
      const until = heard.indexOf(0x1c, from + 1);
      if (from < 0 || until < 0) return;
      const answer = readAcknowledgement(heard.toString('utf8', from + 1, until));
      if (answer?.controlId !== controlId) return fail('another answer');
      end(() => resolve({ kind: 'acknowledged', code: answer.code, text: answer.text }));
    });
  });
}

/** MSA-1, MSA-2 and what is said about an error; undefined when it is no acknowledgement. */
function readAcknowledgement(text: string): { code: string; controlId: string; text: string } | undefined {
  const segments = text.split(/[\r\n]+/);
  const separator = segments[0]?.startsWith('MSH') ? segments[0][3] : undefined;
  if (separator === undefined) return undefined;
  const fieldsOf = (name: string) => segments.find((segment) => segment.startsWith(name + separator))?.split(separator);
  const msa = fieldsOf('MSA');
  if (!msa) return undefined;
  const error = fieldsOf('ERR')?.[8] ?? '';
  return { code: msa[1] ?? '', controlId: msa[2] ?? '', text: (msa[3] || error).replace(/\p{C}/gu, ' ').slice(0, 128) };
}

function cancelled(): DOMException {
  return new DOMException('The message was cancelled', 'AbortError');
}

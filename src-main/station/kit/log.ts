// Log lines for the administrator, one JSON object a line on standard error. No patient data: only the fields listed
// in `Fields` can be said, and none of them may carry a name, an ID or a date of birth.

export type Fields = {
  readonly objectId?: string;
  readonly examId?: string;
  readonly deliveryId?: string;
  readonly destinationId?: string;
  readonly associationId?: string;
  readonly aeTitle?: string;
  readonly address?: string;
  readonly port?: number;
  readonly code?: string;
  readonly status?: string;
  readonly count?: number;
  readonly sizeBytes?: number;
  readonly tookMs?: number;
  readonly incident?: string;
  readonly file?: string;
  readonly reason?: string;
};

export type Level = 'info' | 'warn' | 'error';

export type Log = {
  info(event: string, fields?: Fields): void;
  warn(event: string, fields?: Fields): void;
  error(event: string, fields?: Fields, cause?: unknown): void;
};

/** A log that writes lines to `write`. The stack of a cause is kept, its message only when it is ours. */
export function openLog(write: (line: string) => void, now: () => string): Log {
  const say = (level: Level, event: string, fields: Fields = {}, cause?: unknown) =>
    write(JSON.stringify({ at: now(), level, event, ...fields, ...describe(cause) }));
  return {
    info: (event, fields) => say('info', event, fields),
    warn: (event, fields) => say('warn', event, fields),
    error: (event, fields, cause) => say('error', event, fields, cause),
  };
}

export const silentLog: Log = { info() {}, warn() {}, error() {} };

function describe(cause: unknown): { cause?: string; stack?: readonly string[] } {
  if (!(cause instanceof Error)) return {};
  const code = (cause as { code?: unknown }).code;
  const frames = (cause.stack ?? '').split('\n').filter((line) => line.trimStart().startsWith('at '));
  return { cause: `${cause.name}${typeof code === 'string' ? ` ${code}` : ''}`, stack: frames.slice(0, 8) };
}

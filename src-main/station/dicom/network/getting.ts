// C-GET (PS3.7 9.1.3): the objects that a peer sends us in sub-operations, on the association on which we asked for them.
//
// Guarantees: an object goes only where the one who asked says, piece by piece and never faster than it is written there;
// one that is refused, or of which the end never comes, is not kept. What waits in memory is bounded, however the peer
// cuts its fragments. Refuses what nobody asked for, and every object on a context whose provider we are not.
import { commandField, writeCommandSet, type CommandSet } from './command-set.ts';
import type { DataSetPlace } from './message-assembly.ts';
import type { GetRequest, ObjectTarget } from './requesting.ts';

/** Statuses of C-STORE (PS3.7 9.1.1.1.9, PS3.4 B.2.3). */
const outOfResources = 0xa700;
const notAuthorised = 0x0124;
const failure = 0x0110;

/** From here on the peer is made to wait. */
const mostWaitingBytes = 4 * 1024 * 1024;
/** Shorter pieces are copied, so that each does not hold a whole buffer of the socket. */
const shortPieceBytes = 2048;
/** What a piece costs besides its bytes. */
const pieceCostBytes = 128;

type Context = { readonly id: number; readonly transferSyntaxUid: string; readonly isScu: boolean };

export class Getting {
  readonly #request: GetRequest;
  readonly #holdBack: (isHeld: boolean) => void;
  #current: { readonly intake: Intake } | { readonly status: number } | undefined;

  constructor(request: GetRequest, holdBack: (isHeld: boolean) => void) {
    this.#request = request;
    this.#holdBack = holdBack;
  }

  /** A C-STORE-RQ of the peer was read and its data set follows. */
  begins({ transferSyntaxUid, isScu }: Context, command: CommandSet): DataSetPlace {
    const { affectedSopClassUid: sopClassUid = '', affectedSopInstanceUid: sopInstanceUid = '' } = command;
    const offered = isScu
      ? { refuse: notAuthorised }
      : this.#request.offered({ sopClassUid, sopInstanceUid, transferSyntaxUid });
    if ('refuse' in offered) {
      this.#current = { status: offered.refuse };
      return 'drop';
    }
    const intake = new Intake(offered, this.#holdBack);
    this.#current = { intake };
    return intake;
  }

  /** The C-STORE-RQ is whole; the command set of its answer. Never rejects. */
  async ended(command: CommandSet): Promise<Buffer> {
    const current = this.#current;
    this.#current = undefined;
    const status = current === undefined ? failure : 'status' in current ? current.status : await current.intake.end();
    return writeCommandSet({
      field: commandField.storeRequest | commandField.response,
      hasDataSet: false,
      respondsTo: command.messageId ?? 0,
      status,
      affectedSopClassUid: command.affectedSopClassUid,
      affectedSopInstanceUid: command.affectedSopInstanceUid,
    });
  }

  /** The association is over: what is not whole will never be. */
  giveUp(): void {
    const current = this.#current;
    this.#current = undefined;
    if (current !== undefined && 'intake' in current) current.intake.discard();
  }
}

/** The bytes of one object on their way to its target, one write at a time. */
class Intake {
  readonly #target: ObjectTarget;
  readonly #holdBack: (isHeld: boolean) => void;
  #pieces: Buffer[] = [];
  #waitingBytes = 0;
  #writing: Promise<void> | undefined;
  #isHeld = false;
  #failed = false;

  constructor(target: ObjectTarget, holdBack: (isHeld: boolean) => void) {
    this.#target = target;
    this.#holdBack = holdBack;
  }

  take(piece: Buffer): void {
    if (this.#failed || piece.length === 0) return;
    this.#pieces.push(piece.length < shortPieceBytes ? Buffer.from(piece) : piece);
    this.#waitingBytes += piece.length + pieceCostBytes;
    this.#writing ??= this.#write();
    this.#hold(this.#waitingBytes > mostWaitingBytes);
  }

  async end(): Promise<number> {
    await this.#writing;
    if (this.#failed) return outOfResources;
    try {
      return await this.#target.finish();
    } catch {
      return outOfResources;
    }
  }

  discard(): void {
    this.#failed = true;
    this.#pieces = [];
    void (this.#writing ?? Promise.resolve()).then(() => this.#target.discard()).catch(() => {});
  }

  async #write(): Promise<void> {
    try {
      while (this.#pieces.length > 0 && !this.#failed) {
        const pieces = this.#pieces;
        this.#pieces = [];
        this.#waitingBytes = 0;
        this.#hold(false);
        await this.#target.write(pieces);
      }
    } catch {
      this.#failed = true;
      this.#pieces = [];
      await this.#target.discard().catch(() => {});
    } finally {
      this.#writing = undefined;
      this.#hold(false);
    }
  }

  #hold(isHeld: boolean): void {
    if (isHeld === this.#isHeld) return;
    this.#isHeld = isHeld;
    this.#holdBack(isHeld);
  }
}

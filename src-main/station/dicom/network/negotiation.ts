// Association PDUs, read and written by dcmjs-dimse. The only file that imports it.
//
// Each negotiation is its own instance of the library's Scp on a captive socket: it sees whole, bounded PDUs of the
// A-ASSOCIATE family and nothing else, so its timers, command streams and handlers never run. What it does wrong in
// version 0.3.3 is put right here: renumbered contexts, one maximum PDU length for both directions, granted
// asynchronous operations, logging.
import { EventEmitter } from 'node:events';
import dimse from 'dcmjs-dimse';
import { implementationClassUid, implementationVersionName } from '../uids.ts';

export type ContextOffer = {
  readonly id: number;
  readonly abstractSyntaxUid: string;
  readonly transferSyntaxUids: readonly string[];
  /** What role selection the requestor proposed; absent when it said nothing. */
  readonly roles?: Roles;
};

export type Roles = { readonly scu: boolean; readonly scp: boolean };

/** PS3.8 9.3.3.2: 0 acceptance, 1 user rejection, 2 no reason, 3 abstract syntax, 4 transfer syntaxes not supported. */
export type ContextResult = {
  readonly id: number;
  readonly result: 0 | 1 | 2 | 3 | 4;
  readonly transferSyntaxUid?: string;
  readonly roles?: Roles;
};

export type Proposal = {
  readonly callingAeTitle: string;
  readonly calledAeTitle: string;
  /** Largest P-DATA-TF value that the requestor takes; 0 is no limit. */
  readonly maxPduLength: number;
  readonly contexts: readonly ContextOffer[];
  readonly implementationClassUid: string;
  readonly implementationVersion: string;
};

export type Acceptance = {
  readonly maxPduLength: number;
  readonly contexts: readonly ContextResult[];
  readonly implementationClassUid: string;
  readonly implementationVersion: string;
  readonly asyncWindow?: AsyncWindow;
};

type AsyncWindow = { readonly invoked: number; readonly performed: number };

type LibraryAssociation = InstanceType<typeof dimse.association.Association>;

/** The acceptor's side: reads A-ASSOCIATE-RQ, writes A-ASSOCIATE-AC or -RJ. */
export class AcceptingNegotiation {
  readonly #library = new CaptiveScp();

  /** The proposal of a whole A-ASSOCIATE-RQ; undefined when it is malformed or numbers its contexts wrongly. */
  read(pdu: Buffer): Proposal | undefined {
    const association = this.#library.take(pdu, 'associationRequested');
    if (association === undefined) return undefined;
    const contexts = association.getPresentationContexts().map(({ context }) => offerOf(context));
    if (contexts.length === 0 || contexts.length > 128 || !areNumbered(contexts)) return undefined;
    return {
      callingAeTitle: association.getCallingAeTitle().trim(),
      calledAeTitle: association.getCalledAeTitle().trim(),
      maxPduLength: association.getMaxPduLength(),
      contexts,
      implementationClassUid: association.getImplementationClassUid() ?? '',
      implementationVersion: association.getImplementationVersion() ?? '',
    };
  }

  /** A-ASSOCIATE-AC with our maximum PDU length and one result for each context of the proposal read before. */
  accept(maxPduLength: number, results: readonly ContextResult[]): Buffer {
    const association = this.#library.associationAtHand();
    for (const result of results) answerContext(association, result);
    // An asynchronous window is never granted: the library would grant what was asked and then break on it.
    association.setNegotiateAsyncOps(false);
    association.setMaxPduLength(maxPduLength);
    this.#library.sendAssociationAccept();
    return this.#library.written();
  }

  reject(result: number, source: number, reason: number): Buffer {
    this.#library.sendAssociationReject(result, source, reason);
    return this.#library.written();
  }
}

/** The requestor's side: writes A-ASSOCIATE-RQ, reads the answer. */
export class RequestingNegotiation {
  readonly #library = new CaptiveScp();
  readonly #association: LibraryAssociation;

  constructor(
    proposal: Omit<Proposal, 'implementationClassUid' | 'implementationVersion'> & {
      readonly asyncWindow?: AsyncWindow | undefined;
    },
  ) {
    const { Association } = dimse.association;
    this.#association = new Association(proposal.callingAeTitle, proposal.calledAeTitle);
    this.#association.setMaxPduLength(proposal.maxPduLength);
    if (proposal.asyncWindow) {
      this.#association.setNegotiateAsyncOps(true);
      this.#association.setMaxAsyncOpsInvoked(proposal.asyncWindow.invoked);
      this.#association.setMaxAsyncOpsPerformed(proposal.asyncWindow.performed);
    }
    for (const { id, abstractSyntaxUid, transferSyntaxUids, roles } of proposal.contexts) {
      this.#association.addPresentationContext(abstractSyntaxUid, id);
      const context = this.#association.getPresentationContext(id);
      for (const uid of transferSyntaxUids) context.addTransferSyntaxUid(uid);
      if (roles !== undefined) context.setUserRole(roles.scu);
      if (roles !== undefined) context.setProviderRole(roles.scp);
    }
  }

  request(): Buffer {
    this.#library.sendAssociationRequest(this.#association);
    const bytes = this.#library.written();
    // The library reads the answer into the same object: what the peer does not say must not look like its word.
    this.#association.setNegotiateAsyncOps(false);
    this.#association.setImplementationClassUid('');
    this.#association.setImplementationVersion('');
    return bytes;
  }

  /** What a whole A-ASSOCIATE-AC accepted; undefined when it is malformed. Contexts it does not mention are rejected. */
  readAccept(pdu: Buffer): Acceptance | undefined {
    const association = this.#library.take(pdu, 'associationAccepted');
    if (association === undefined) return undefined;
    const contexts = association.getPresentationContexts().map(({ context }): ContextResult => {
      const uid = context.getAcceptedTransferSyntaxUid();
      const id = context.getPresentationContextId();
      if (context.getResult() !== 0 || uid === undefined) return { id, result: rejectionOf(context.getResult()) };
      return { id, result: 0, transferSyntaxUid: uid, ...rolesOf(context) };
    });
    return {
      maxPduLength: association.getMaxPduLength(),
      contexts,
      implementationClassUid: association.getImplementationClassUid() ?? '',
      implementationVersion: association.getImplementationVersion() ?? '',
      ...(association.getNegotiateAsyncOps()
        ? {
            asyncWindow: {
              invoked: association.getMaxAsyncOpsInvoked(),
              performed: association.getMaxAsyncOpsPerformed(),
            },
          }
        : {}),
    };
  }
}

/** Result, source and reason of a whole A-ASSOCIATE-RJ (PS3.8 9.3.4). */
export function readReject(pdu: Buffer): { readonly result: number; readonly source: number; readonly reason: number } {
  return { result: pdu[7] ?? 0, source: pdu[8] ?? 0, reason: pdu[9] ?? 0 };
}

type Event = 'associationRequested' | 'associationAccepted';

class CaptiveSocket extends EventEmitter {
  readonly #written: Buffer[] = [];

  setTimeout(): this {
    return this;
  }

  write(bytes: Buffer): boolean {
    this.#written.push(bytes);
    return true;
  }

  drainWritten(): Buffer {
    return Buffer.concat(this.#written.splice(0));
  }
}

class CaptiveScp extends dimse.Scp {
  readonly #socket: CaptiveSocket;
  #association: LibraryAssociation | undefined;

  constructor() {
    containLibrary();
    const socket = new CaptiveSocket();
    super(socket as unknown as ConstructorParameters<typeof dimse.Scp>[0], {});
    this.#socket = socket;
    // Ends the library's own timer, which runs from its construction on; ours are those of the connection.
    socket.emit('close');
  }

  /** Gives the library one whole PDU; its association when it says `event` to it, undefined when it refuses. */
  take(pdu: Buffer, event: Event): LibraryAssociation | undefined {
    let refused = false;
    this.on('networkError', () => (refused = true));
    this.on(event, (association: LibraryAssociation) => (this.#association = association));
    this.#socket.emit('data', pdu);
    return refused ? undefined : this.#association;
  }

  associationAtHand(): LibraryAssociation {
    if (this.#association === undefined) throw new TypeError('no association was read');
    return this.#association;
  }

  written(): Buffer {
    return this.#socket.drainWritten();
  }

  override associationRequested(): void {}
}

/** Sets what the library keeps for the whole process. Repeating it changes nothing. */
function containLibrary(): void {
  dimse.log.setLevel('silent');
  dimse.Implementation.setImplementationClassUid(implementationClassUid);
  dimse.Implementation.setImplementationVersion(implementationVersionName);
  // The library tells the smaller of this and the association's maximum; ours is the association's.
  dimse.Implementation.setMaxPduLength(0xffff_fffe);
  dimse.association.Association.prototype.addPresentationContext = addContextAsNumbered;
}

/** As shipped, ids that do not ascend are renumbered and every answer goes to the wrong context. */
function addContextAsNumbered(this: LibraryAssociation, abstractSyntaxUid: string, id?: number): number {
  const contexts = this.getPresentationContexts() as { id: number; context: unknown }[];
  const numbered = id ?? 2 * contexts.length + 1;
  contexts.push({ id: numbered, context: new dimse.association.PresentationContext(numbered, abstractSyntaxUid) });
  return numbered;
}

type LibraryContext = ReturnType<LibraryAssociation['getPresentationContext']>;

function offerOf(context: LibraryContext): ContextOffer {
  return {
    id: context.getPresentationContextId(),
    abstractSyntaxUid: context.getAbstractSyntaxUid(),
    transferSyntaxUids: [...context.getTransferSyntaxUids()],
    ...rolesOf(context),
  };
}

function rolesOf(context: LibraryContext): { readonly roles?: Roles } {
  const scu: boolean | undefined = context.getUserRole();
  const scp: boolean | undefined = context.getProviderRole();
  return scu === undefined && scp === undefined ? {} : { roles: { scu: scu === true, scp: scp === true } };
}

function rejectionOf(result: number): 1 | 2 | 3 | 4 {
  return result === 1 || result === 3 || result === 4 ? result : 2;
}

function answerContext(association: LibraryAssociation, { id, result, transferSyntaxUid, roles }: ContextResult): void {
  const context = association.getPresentationContext(id);
  context.setResult(result, transferSyntaxUid);
  if (roles === undefined) return;
  context.setUserRole(roles.scu);
  context.setProviderRole(roles.scp);
}

/** PS3.8 9.3.2.2: odd, 1 to 255, each once. */
function areNumbered(contexts: readonly ContextOffer[]): boolean {
  const ids = new Set(contexts.map(({ id }) => id));
  return ids.size === contexts.length && contexts.every(({ id }) => id % 2 === 1 && id <= 255);
}

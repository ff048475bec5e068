// A performed procedure step manager and a receiver of availability notes, made of dcmjs-dimse: another implementation of the
// upper layer and another reader of data sets. It keeps the state machine of PS3.4 F.7.2 and refuses what breaks it.
import net from 'node:net';
import dimse from 'dcmjs-dimse';

const { Server, Scp, responses, constants } = dimse;
dimse.log.disableAll();

export type Instance = {
  readonly uid: string;
  readonly classUid: string;
  elements: Record<string, unknown>;
  readonly history: string[];
};

export type StepManager = {
  readonly port: number;
  readonly instances: Map<string, Instance>;
  /** Every request in its order: `N-CREATE`, `N-SET COMPLETED`. */
  readonly requests: string[];
  /** The status of the next answers, in order; then what is right. `lost`: it is done, and the connection ends unanswered. */
  readonly answers: (number | 'lost')[];
  close(): Promise<void>;
};

export async function openStepManager(port = 0): Promise<StepManager> {
  const instances = new Map<string, Instance>();
  const requests: string[] = [];
  const answers: (number | 'lost')[] = [];

  class Manager extends Scp {
    readonly #socket: net.Socket;
    constructor(socket: net.Socket, options: ConstructorParameters<typeof Scp>[1]) {
      super(socket, options);
      this.#socket = socket;
    }
    override associationRequested(association: Parameters<InstanceType<typeof Scp>['associationRequested']>[0]) {
      for (const { context } of association.getPresentationContexts() as {
        context: { setResult(result: number, syntax?: string): void; getTransferSyntaxUids(): string[] };
      }[]) {
        context.setResult(constants.PresentationContextResult.Accept, context.getTransferSyntaxUids()[0]);
      }
      this.sendAssociationAccept();
    }
    override associationReleaseRequested() {
      this.sendAssociationReleaseResponse();
    }
    #answer<T extends { setStatus(status: number): void }>(response: T, status: number, done: (response: T) => void) {
      const said = answers.shift();
      if (said === 'lost') return void this.#socket.destroy();
      response.setStatus(said ?? status);
      done(response);
    }
    override nCreateRequest(
      request: InstanceType<typeof dimse.requests.NCreateRequest>,
      done: (response: never) => void,
    ) {
      requests.push('N-CREATE');
      const uid = request.getAffectedSopInstanceUid() ?? '';
      const isNew = !instances.has(uid);
      const planned = answers[0];
      if (isNew && (planned === undefined || planned === 'lost' || planned === 0)) {
        const elements = { ...request.getDataset()?.getElements() } as Record<string, unknown>;
        instances.set(uid, {
          uid,
          classUid: request.getAffectedSopClassUid() ?? '',
          elements,
          history: [String(elements['PerformedProcedureStepStatus'] ?? '')],
        });
      }
      this.#answer(responses.NCreateResponse.fromRequest(request), isNew ? 0 : 0x0111, done as never);
    }
    override nSetRequest(request: InstanceType<typeof dimse.requests.NSetRequest>, done: (response: never) => void) {
      const changes = { ...request.getDataset()?.getElements() } as Record<string, unknown>;
      const status = String(changes['PerformedProcedureStepStatus'] ?? '');
      requests.push(`N-SET ${status}`);
      const step = instances.get(request.getRequestedSopInstanceUid() ?? '');
      const may = step?.history.at(-1) === 'IN PROGRESS';
      // Only what was created may be set (table F.7.2-1, note 5).
      const unknown = Object.keys(changes).filter(
        (keyword) => !keyword.startsWith('_') && !(keyword in (step?.elements ?? {})),
      );
      if (step && may && unknown.length > 0) {
        requests.push(`refused ${unknown.join(' ')}`);
        return this.#answer(responses.NSetResponse.fromRequest(request), 0x0105, done as never);
      }
      if (step && may) {
        Object.assign(step.elements, changes);
        step.history.push(status);
      }
      this.#answer(responses.NSetResponse.fromRequest(request), !step ? 0x0112 : may ? 0 : 0x0110, done as never);
    }
    override abort() {}
  }

  const server = new Server(Manager as never);
  const listening = new Promise((resolve) => server.once('listening', resolve));
  server.on('networkError', () => {});
  server.listen(port);
  await listening;
  const inner = (server as unknown as { server: net.Server }).server;
  const address = inner.address() as net.AddressInfo;
  return {
    port: address.port,
    ...{ instances, requests, answers },
    close: () =>
      new Promise((resolve) => {
        inner.once('close', () => resolve());
        server.close();
      }),
  };
}

/** Type 1 and type 2 of table F.7.2-1 for an SCU: at the top, and in its sequences. */
export const createTable = {
  never: [
    'PerformedProcedureStepID',
    'PerformedStationAETitle',
    'PerformedProcedureStepStartDate',
    'PerformedProcedureStepStartTime',
    'PerformedProcedureStepStatus',
    'Modality',
    'ScheduledStepAttributesSequence',
  ],
  present: [
    'PatientName',
    'PatientID',
    'PatientBirthDate',
    'PatientSex',
    'ReferencedPatientSequence',
    'PerformedStationName',
    'PerformedLocation',
    'PerformedProcedureStepDescription',
    'PerformedProcedureTypeDescription',
    'ProcedureCodeSequence',
    'PerformedProcedureStepEndDate',
    'PerformedProcedureStepEndTime',
    'StudyID',
    'PerformedProtocolCodeSequence',
    'PerformedSeriesSequence',
  ],
  scheduled: {
    never: ['StudyInstanceUID'],
    present: [
      'ReferencedStudySequence',
      'AccessionNumber',
      'RequestedProcedureID',
      'RequestedProcedureDescription',
      'ScheduledProcedureStepID',
      'ScheduledProcedureStepDescription',
      'ScheduledProtocolCodeSequence',
    ],
  },
} as const;
export const seriesTable = {
  never: ['ProtocolName', 'SeriesInstanceUID'],
  present: [
    'PerformingPhysicianName',
    'OperatorsName',
    'SeriesDescription',
    'RetrieveAETitle',
    'ReferencedImageSequence',
    'ReferencedNonImageCompositeSOPInstanceSequence',
  ],
} as const;

/** What a data set lacks of a table. */
export function lacking(
  elements: Record<string, unknown>,
  table: { readonly never: readonly string[]; readonly present: readonly string[] },
): string[] {
  const isEmpty = (value: unknown) =>
    value === undefined || value === '' || value === null || (Array.isArray(value) && value.length === 0);
  return [
    ...table.never.filter((keyword) => isEmpty(elements[keyword])).map((keyword) => `${keyword} is empty`),
    ...table.present.filter((keyword) => !(keyword in elements)).map((keyword) => `${keyword} is missing`),
  ];
}

/** The items of a sequence, as dcmjs gives one or many. */
export function itemsOf(value: unknown): Record<string, unknown>[] {
  return (Array.isArray(value) ? [...value] : value === undefined ? [] : [value]) as Record<string, unknown>[];
}

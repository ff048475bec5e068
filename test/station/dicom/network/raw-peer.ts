// The scripted peer and its PDUs, under the name by which the tests of this room know them.
export * from '../../../faults/raw-pdus.ts';
export { ScriptedPeer as RawPeer } from '../../../faults/scripted-peer.ts';

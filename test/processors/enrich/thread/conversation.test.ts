import assert from 'node:assert/strict';
import type { RecordView } from '../../../../src/processors/capture/ring/record.js';
import { CROWDED } from '../../../../src/processors/capture/ring/record.js';
import { ENRICH_INSTRUMENTS, undecodableColumn } from '../../../../src/processors/enrich/instruments.js';
import type { CallRecorder } from '../../../../src/processors/enrich/thread/call-recorder.js';
import { Conversation } from '../../../../src/processors/enrich/thread/conversation.js';
import { SEND } from '../../../../src/protocols/direction.js';
import { jsonRpc } from '../../../../src/protocols/jsonrpc/protocol.js';
import type { Decoder } from '../../../../src/protocols/protocol.js';
import { generationSettings } from '../support/messages.js';

/** A record of some bytes and a gap. */
function record(ordinal: number, flags = 0): RecordView {
  const bytes = Buffer.from('whatever\n');
  return {
    ...{ ordinal, flags, timeMs: 1, weight: 1, direction: SEND, pieces: 1, bytes, bytesFrom: 0 },
    kept: () => bytes.length - 1,
    skipped: () => 5,
    endsUnit: () => true,
  } as unknown as RecordView;
}

/** A conversation whose decoder gives up with its second record, and what that decoder was told. */
function hopeless() {
  const told: string[] = [];
  let shown = 0;
  const note = (what: string) => () => {
    told.push(what);
  };
  const decoder: Decoder = {
    data: () => {
      shown++;
      told.push('data');
    },
    ...{ gap: note('gap'), lose: note('lose'), end: note('end'), release: note('release') },
    get hasGivenUp() {
      return shown >= 2;
    },
  };
  const protocols = [{ ...jsonRpc, createDecoder: () => decoder }];
  const recorder = {
    settings: generationSettings(),
    protocols,
    tried: protocols,
    speaker: () => undefined,
    client: {},
  } as unknown as CallRecorder;
  const health = new Float64Array(ENRICH_INSTRUMENTS.width);
  return { told, health, conversation: new Conversation('0', recorder, 0, health) };
}

describe('a conversation', () => {
  it('lets go of a decoder that has given up, and tells it of nothing more', () => {
    const { told, conversation } = hopeless();
    for (const ordinal of [0, 1, 2, 7]) conversation.read(record(ordinal));
    assert.deepEqual(told, ['data', 'gap', 'data', 'gap', 'release']);
    conversation.end(2);
    conversation.abandon();
    assert.equal(told.length, 5);
  });

  it('counts what was too large for it also then', () => {
    const { health, conversation } = hopeless();
    for (const ordinal of [0, 1, 2]) conversation.read(record(ordinal, CROWDED));
    assert.equal(health[undecodableColumn('too_large')], 3);
  });
});

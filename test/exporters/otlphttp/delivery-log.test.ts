import assert from 'node:assert/strict';
import { DeliveryLog } from '../../../src/exporters/otlphttp/delivery-log.js';
import { Agent } from '../support/exporter-fixture.js';

const MINUTE_MS = 60_000;

describe('DeliveryLog', () => {
  let agent: Agent;
  let nowMs: number;
  let log: DeliveryLog;

  beforeEach(() => {
    agent = new Agent();
    nowMs = 0;
    const { logger } = agent.context;
    log = new DeliveryLog({ logger, what: 'metrics', destination: 'http://x', now: () => nowMs });
  });

  it('says the first failure at once, and then what fails at most once a minute', () => {
    for (nowMs = 0; nowMs < 3 * MINUTE_MS; nowMs += 1000) log.failed(`reason at ${nowMs}`);
    assert.deepEqual(agent.logged('warn'), [
      'cannot export metrics to http://x: reason at 0',
      'cannot export metrics to http://x: reason at 60000 (61 failures so far)',
      'cannot export metrics to http://x: reason at 120000 (121 failures so far)',
    ]);
  });

  it('says that it has recovered, once, and begins anew', () => {
    log.failed('reason');
    log.failed('reason');
    log.delivered('nothing lost');
    log.delivered('nothing lost');
    log.failed('another reason');
    assert.deepEqual(
      agent.log.map(({ level, msg }) => `${level}: ${msg}`),
      [
        'warn: cannot export metrics to http://x: reason',
        'info: exporting metrics to http://x recovered after 2 failures, nothing lost',
        'warn: cannot export metrics to http://x: another reason',
      ],
    );
  });

  it('says nothing while all is well', () => {
    log.delivered('nothing lost');
    assert.deepEqual(agent.log, []);
  });

  it('says each notice once', () => {
    for (const message of ['rejected a', 'rejected b', 'rejected a', 'rejected b']) log.notice(message);
    assert.deepEqual(agent.logged('warn'), ['http://x rejected a', 'http://x rejected b']);
  });

  it('remembers a bounded number of notices', () => {
    for (let i = 0; i <= 100; i++) log.notice(`rejected ${i}`);
    log.notice('rejected 100');
    assert.equal(agent.log.length, 101);
    log.notice('rejected 0');
    assert.equal(agent.log.length, 102, 'the oldest one is forgotten');
  });
});
